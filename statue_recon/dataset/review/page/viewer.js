// The model on the stage: turned by itself, by mouse, touch or keys; nearer by wheel or two fingers.

import { Drawing } from "./drawing.js";

const SPEED = 24; // degrees a second it turns by itself
const HOME = { azimuth: 0, elevation: 12, distance: 1 };
const NEAREST = 0.15, FARTHEST = 3; // in distances from which the whole model is seen
const FIELD = 30; // degrees, of the shorter side
const MARGIN = 1.14; // around the model, for the buttons above and the words below
const STEP = 12; // degrees a key turns

export class Viewer {
  /** changed: called when `turning`, `wires`, `painted` or `tilted` changes. */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.turning = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.wires = false;
    this.painted = true;
    this.tilted = false;
    this.model = null;
    this.fingers = new Map();
    Object.assign(this, HOME);
    try {
      this.drawing = new Drawing(canvas);
    } catch {
      this.drawing = null; // the page says so in place of every model
    }
    this.listen();
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
    this.frame = this.frame.bind(this);
    requestAnimationFrame(this.frame);
  }

  get able() { return this.drawing !== null; }

  show(model) {
    this.model = model;
    this.tilted = false;
    this.drawing?.take(model);
    if (model) this.measure();
    this.home();
    this.changed();
  }

  toggle(what) {
    this[what] = !this[what];
    if (what === "tilted" && this.model) this.measure();
    this.stale = true;
    this.changed();
  }

  home() {
    Object.assign(this, HOME);
    this.stale = true;
  }

  turn(across, up) {
    this.azimuth += across;
    this.elevation = Math.min(89, Math.max(-89, this.elevation + up));
    this.stale = true;
  }

  turnByKey(across, up) { this.stop(); this.turn(across * STEP, up * STEP); }

  zoom(factor) {
    this.distance = Math.min(FARTHEST, Math.max(NEAREST, this.distance * factor));
    this.stale = true;
  }

  /** The footprint, the floor and the sphere around the model as it stands. */
  measure() {
    const low = [9, 9, 9], high = [-9, -9, -9], p = this.model.positions;
    let reach = 0;
    for (let i = 0; i < p.length; i += 3) {
      for (let k = 0; k < 3; k++) {
        if (p[i + k] < low[k]) low[k] = p[i + k];
        if (p[i + k] > high[k]) high[k] = p[i + k];
      }
      reach = Math.max(reach, p[i] ** 2 + p[i + 1] ** 2 + p[i + 2] ** 2);
    }
    const half = low.map((value, k) => (high[k] - value) / 2);
    const [x, y, z] = this.tilted ? [half[0], half[2], half[1]] : half;
    this.footprint = [Math.max(x, 0.1), Math.max(y, 0.1)];
    this.floor = -z;
    this.away = Math.max(Math.sqrt(reach), 0.3) / Math.sin((FIELD / 2) * (Math.PI / 180)) * MARGIN;
  }

  frame(now) {
    const passed = Math.min((now - (this.before ?? now)) / 1000, 0.1);
    this.before = now;
    if (this.turning && this.model && !this.fingers.size) this.turn(passed * SPEED, 0);
    if (this.stale && this.drawing) {
      this.stale = false;
      this.drawing.draw(this.look(), this);
    }
    requestAnimationFrame(this.frame);
  }

  look() {
    const away = (this.away ?? 4) * this.distance;
    const [a, e] = [this.azimuth, this.elevation].map((degrees) => (degrees * Math.PI) / 180);
    const [sa, ca, se, ce] = [Math.sin(a), Math.cos(a), Math.sin(e), Math.cos(e)];
    // Rows of the turn from world to camera: right, up, backwards; the camera stands at (sa·ce, −ca·ce, se) · away.
    const view = [ca, -sa * se, sa * ce, 0, sa, ca * se, -ca * ce, 0, 0, ce, se, 0, 0, 0, -away, 1];
    const aspect = this.canvas.width / Math.max(this.canvas.height, 1);
    const tan = Math.tan((FIELD / 2) * (Math.PI / 180));
    const [wide, high] = aspect > 1 ? [tan * aspect, tan] : [tan, tan / aspect];
    const near = Math.max(away - 2.5, 0.02), far = away + 4;
    const lens = [
      1 / wide, 0, 0, 0, 0, 1 / high, 0, 0, 0, 0, (far + near) / (near - far), -1, 0, 0, (2 * far * near) / (near - far), 0,
    ];
    // Tilted: a file whose up is Y, read as if its up were Z, stands up again.
    const tilt = this.tilted ? [1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1] : [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    return { view, lens, tilt, above: away * se > (this.floor ?? 0), floor: this.floor, footprint: this.footprint };
  }

  resize() {
    const finer = Math.min(devicePixelRatio || 1, 2);
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * finer));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * finer));
    this.stale = true;
  }

  stop() {
    if (this.turning) this.toggle("turning");
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    });
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => this.fingers.delete(event.pointerId));
    }
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      this.zoom(Math.exp(Math.max(-120, Math.min(120, event.deltaY * lines)) * 0.0016));
    }, { passive: false });
    canvas.addEventListener("dblclick", () => this.home());
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.drawing.prepare();
      this.drawing.take(this.model);
      this.stale = true;
    });
  }

  drag(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    const others = [...this.fingers].filter(([finger]) => finger !== event.pointerId).map(([, at]) => at);
    this.fingers.set(event.pointerId, now);
    if (others.length === 1) { // two fingers: nearer and farther
      this.zoom(Math.hypot(before[0] - others[0][0], before[1] - others[0][1]) /
        Math.max(Math.hypot(now[0] - others[0][0], now[1] - others[0][1]), 1));
    } else if (!others.length) {
      this.turn((before[0] - now[0]) * 0.4, (now[1] - before[1]) * 0.4);
      this.stop();
    }
  }
}
