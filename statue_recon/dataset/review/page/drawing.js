// Draws one model with WebGL 2: stone or its own colours under a light that stays with the viewer, a soft shadow on
// the ground, and its triangles' edges where asked for. Frame: Z up, the front towards −Y, longest side 1.8.

const STONE = [0.62, 0.6, 0.57]; // linear-ish grey of what has no colours
const SHADOW = 1.5; // the shadow's size, in the model's footprints

const SURFACE = [`#version 300 es
layout(location=0) in vec3 place; layout(location=1) in vec3 normal; layout(location=2) in vec3 colour;
uniform mat4 view, lens, tilt; out vec3 n, c, p;
void main() {
  mat4 m = view * tilt; vec4 at = m * vec4(place, 1.);
  n = mat3(m) * normal; c = colour; p = at.xyz; gl_Position = lens * at;
}`, `#version 300 es
precision highp float;
in vec3 n, c, p; out vec4 shown; uniform mat4 view; uniform vec3 flat_colour; uniform float own;
void main() {
  vec3 to_eye = normalize(-p), d = normalize(n + 1e-6);
  if (!gl_FrontFacing) d = -d;
  vec3 up = normalize(mat3(view) * vec3(0., 0., 1.));
  vec3 base = mix(flat_colour, pow(c, vec3(2.2)), own);
  float key = max(dot(d, normalize(vec3(-.55, .65, .6))), 0.);
  float fill = max(dot(d, normalize(vec3(.8, -.1, .45))), 0.);
  float edge = pow(1. - max(dot(d, to_eye), 0.), 3.);
  vec3 around = mix(vec3(.13, .115, .10), vec3(.27, .29, .32), .5 + .5 * dot(d, up));
  vec3 light = around + key * vec3(.98, .93, .86) + fill * vec3(.14, .16, .20) + edge * vec3(.10, .10, .11);
  if (!gl_FrontFacing) { base *= vec3(.62, .48, .42); }  // the inside, seen through holes, is darker and warmer
  shown = vec4(pow(base * light, vec3(1. / 2.2)), 1.);
}`];

const EDGES = [`#version 300 es
layout(location=0) in vec3 place; uniform mat4 view, lens, tilt;
void main() { gl_Position = lens * view * tilt * vec4(place, 1.); }`, `#version 300 es
precision mediump float; out vec4 shown; void main() { shown = vec4(.10, .17, .30, 1.) * .5; }`];

const GROUND = [`#version 300 es
layout(location=0) in vec2 corner; uniform mat4 view, lens; uniform vec3 place; uniform vec2 size; out vec2 at;
void main() { at = corner; gl_Position = lens * view * vec4(place + vec3(corner * size, 0.), 1.); }`, `#version 300 es
precision mediump float; in vec2 at; out vec4 shown;
void main() { shown = vec4(0., 0., 0., .34 * pow(max(1. - length(at), 0.), 1.6)); }`];

export class Drawing {
  /** Throws where the browser has no WebGL 2. */
  constructor(canvas) {
    this.gl = canvas.getContext("webgl2", { antialias: true, alpha: true, premultipliedAlpha: true });
    if (!this.gl) throw new Error("no WebGL 2");
    this.prepare();
  }

  /** Sets everything up, again after the graphics driver lost it. */
  prepare() {
    const gl = this.gl;
    this.surface = program(gl, SURFACE);
    this.edges = program(gl, EDGES);
    this.ground = program(gl, GROUND);
    this.corners = gl.createVertexArray();
    gl.bindVertexArray(this.corners);
    attribute(gl, 0, 2, gl.FLOAT, false, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), 0);
    gl.enable(gl.DEPTH_TEST);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.model = null;
  }

  /** Takes a model as models.js reads it, or null: nothing is shown then. */
  take(model) {
    const gl = this.gl;
    if (this.model) {
      gl.deleteVertexArray(this.model.array);
      this.model.buffers.forEach((buffer) => gl.deleteBuffer(buffer));
    }
    this.model = null;
    if (!model) return;
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    const buffers = [
      attribute(gl, 0, 3, gl.FLOAT, false, model.positions, 12),
      attribute(gl, 1, 3, gl.BYTE, true, model.normals, 4),
    ];
    if (model.colours) buffers.push(attribute(gl, 2, 3, gl.UNSIGNED_BYTE, true, model.colours, 4));
    const faces = gl.createBuffer();
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, faces);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, model.corners, gl.STATIC_DRAW);
    buffers.push(faces);
    this.model = { array, buffers, faces, source: model, lines: null };
  }

  /** view: {view, lens: column-major [16], tilt: the model's turn [16], above: camera over the floor}. */
  draw({ view, lens, tilt, above, floor, footprint }, { wires, painted }) {
    const gl = this.gl;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    if (!this.model) return;
    if (above) this.shade(view, lens, floor, footprint);
    const own = painted && this.model.source.colours ? 1 : 0;
    this.use(this.surface, { view, lens, tilt });
    gl.uniform3fv(this.surface.flat_colour, STONE);
    gl.uniform1f(this.surface.own, own);
    gl.bindVertexArray(this.model.array);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.model.faces);
    gl.enable(gl.POLYGON_OFFSET_FILL);
    gl.polygonOffset(1, 1);
    gl.drawElements(gl.TRIANGLES, this.model.source.corners.length, gl.UNSIGNED_INT, 0);
    gl.disable(gl.POLYGON_OFFSET_FILL);
    if (wires) this.line(view, lens, tilt);
  }

  shade(view, lens, floor, footprint) {
    const gl = this.gl;
    this.use(this.ground, { view, lens });
    gl.uniform3f(this.ground.place, 0, 0, floor - 0.002);
    gl.uniform2f(this.ground.size, footprint[0] * SHADOW, footprint[1] * SHADOW);
    gl.bindVertexArray(this.corners);
    gl.enable(gl.BLEND);
    gl.depthMask(false);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    gl.depthMask(true);
    gl.disable(gl.BLEND);
  }

  line(view, lens, tilt) {
    const gl = this.gl, model = this.model;
    this.use(this.edges, { view, lens, tilt });
    if (!model.lines) { // made when first asked for: most are never looked at so
      model.lines = gl.createBuffer();
      model.buffers.push(model.lines);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, model.lines);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, edgesOf(model.source.corners), gl.STATIC_DRAW);
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, model.lines);
    gl.enable(gl.BLEND);
    gl.drawElements(gl.LINES, model.source.corners.length * 2, gl.UNSIGNED_INT, 0);
    gl.disable(gl.BLEND);
  }

  use(which, matrices) {
    this.gl.useProgram(which.program);
    for (const [name, matrix] of Object.entries(matrices)) this.gl.uniformMatrix4fv(which[name], false, matrix);
  }
}

function edgesOf(corners) {
  const lines = new Uint32Array(corners.length * 2);
  for (let i = 0, o = 0; i < corners.length; i += 3) {
    const a = corners[i], b = corners[i + 1], c = corners[i + 2];
    lines[o++] = a; lines[o++] = b; lines[o++] = b; lines[o++] = c; lines[o++] = c; lines[o++] = a;
  }
  return lines;
}

function attribute(gl, index, size, type, unit, data, stride) {
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(index);
  gl.vertexAttribPointer(index, size, type, unit, stride, 0);
  return buffer;
}

function program(gl, sources) {
  const made = gl.createProgram();
  [gl.VERTEX_SHADER, gl.FRAGMENT_SHADER].forEach((kind, i) => {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, sources[i]);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  });
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(gl.getProgramInfoLog(made));
  }
  const found = { program: made };
  const count = gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS) || 0;
  for (let i = 0; i < count; i++) {
    const { name } = gl.getActiveUniform(made, i);
    found[name] = gl.getUniformLocation(made, name);
  }
  return found;
}
