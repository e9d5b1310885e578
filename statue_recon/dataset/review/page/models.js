// Fetches models and keeps the last few. The bytes are described in model.py.

const KEPT = 6;

export class Unreadable extends Error {}

export class Models {
  constructor() { this.promises = new Map(); }

  /** The model of an object. Throws Unreadable with a sentence where there is none. */
  async get(number) {
    for (;;) {
      const model = await this.begin(number, false);
      if (model) return model;
      this.promises.delete(number); // overtaken by a request for another object, of this page or of another one
      await new Promise((done) => setTimeout(done, 300));
    }
  }

  /** Fetches what will be looked at next, so that it is there at once. */
  ahead(number) { this.begin(number, true).catch(() => {}); }

  forget(number) { this.promises.delete(number); }

  begin(number, ahead) {
    let promise = this.promises.get(number);
    if (!promise) promise = fetchModel(number, ahead);
    this.promises.delete(number);
    this.promises.set(number, promise); // the newest last
    promise.then((model) => model || this.promises.delete(number), (error) => {
      if (!(error instanceof Unreadable)) this.promises.delete(number);
    });
    while (this.promises.size > KEPT) this.promises.delete(this.promises.keys().next().value);
    return promise;
  }
}

async function fetchModel(number, ahead) {
  const answer = await fetch(`model/${number}${ahead ? "?ahead=1" : ""}`);
  if (answer.status === 503) return null;
  if (!answer.ok) {
    const { error, next_step = "" } = await answer.json();
    throw new Unreadable(`${error} ${next_step}`);
  }
  return unpack(await answer.arrayBuffer());
}

function unpack(bytes) {
  const head = new DataView(bytes);
  if (head.getUint32(0) !== 0x53524d31) throw new Unreadable("The model came in a form this page does not know. Reload the page.");
  const [vertices, faces, length] = [4, 8, 12].map((at) => head.getUint32(at, true));
  const words = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 16, length)));
  let at = 16 + length;
  const take = (Kind, count) => {
    const found = new Kind(bytes, at, count);
    at += found.byteLength;
    return found;
  };
  return {
    ...words,
    shown: faces,
    positions: take(Float32Array, 3 * vertices),
    normals: take(Int8Array, 4 * vertices),
    colours: words.colours ? take(Uint8Array, 4 * vertices) : null,
    corners: take(Uint32Array, 3 * faces),
  };
}
