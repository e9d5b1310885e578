// The desk: keys and buttons become requests, answers become the page. What is decided lies on disk before the next
// object is shown; a key pressed while a decision is under way is let go, since nobody has seen what it would decide.

import { Models, Unreadable } from "./models.js";
import { $, VERDICTS, amount, bytes, notice, say, showFacts, showNothing, showObject, showProgress, showVerdict } from "./show.js";
import { Viewer } from "./viewer.js";

const LOOK_AGAIN = 2000; // milliseconds, for what others decide
const SLOW = 1500; // milliseconds after which it is said what is being read

const models = new Models();
const viewer = new Viewer($("canvas"), showTools);
let about = null, only = "all", state = null, busy = false;

async function ask(path, said) {
  const options = said && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said) };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The review has ended, or its program was stopped. What you decided is safe; start it again.");
  }
  const found = await answer.json();
  if (!answer.ok) throw new Error(`${found.error} ${found.next_step ?? ""}`);
  return found;
}

/** Does one thing after the other; returns whether it was done. */
async function work(task) {
  if (busy) return false;
  busy = true;
  try {
    await task();
    return true;
  } catch (error) {
    say(error.message, true);
    return false;
  } finally {
    busy = false;
  }
}

const look = (go, at = state?.object?.number ?? -1) => ask(`look?only=${only}&at=${at}&go=${go}`);

function take(found) {
  const before = state?.object?.id;
  state = found;
  showProgress(found);
  history.replaceState(null, "", `#${only}${found.object ? `/${found.object.number}` : ""}`);
  if (!found.object) {
    showNothing();
    showVerdict(null);
    viewer.show(null);
    return notice(only === "all" ? "The collection is empty." : "No object is in this filter.");
  }
  showObject(found.object, found.place, found.of, only);
  showVerdict(found.object.verdict);
  if (found.object.id === before) return;
  $("about").scrollTop = 0;
  showModel(found.object);
}

async function showModel(object) {
  const current = () => state.object?.number === object.number;
  viewer.show(null); // nobody shall judge the model of another object
  showFacts(null);
  if (!viewer.able) return notice("This browser cannot draw models (WebGL 2 is missing or switched off).", true);
  notice("Reading…");
  const size = object.bytes ? `, ${bytes(object.bytes)}` : "";
  const slow = setTimeout(() => current() && notice(`Reading ${object.file ?? "the mesh"}${size}…`), SLOW);
  try {
    const model = await models.get(object.number);
    if (!current()) return;
    notice("");
    viewer.show(model);
    showFacts(model);
  } catch (error) {
    if (!current()) return;
    if (!(error instanceof Unreadable)) models.forget(object.number);
    notice(error instanceof Unreadable ? error.message : "The model could not be fetched: the review has ended.", true);
  } finally {
    clearTimeout(slow);
  }
  if (current() && state.next !== null) models.ahead(state.next);
}

const walk = (go) => work(async () => {
  const found = await look(go);
  if (found.end || found.object?.number === state?.object?.number) {
    return say(go === "next" ? "This is the last one." : "This is the first one.");
  }
  take(found);
  say("");
});

const decide = (verdict) => work(async () => {
  const object = state?.object;
  if (!object) return;
  const found = await ask("decide", { number: object.number, id: object.id, verdict, only });
  const { all, keep, drop, unsure } = found.progress;
  const left = all - keep - drop - unsure;
  take(found);
  const end = left ? `${amount(left)} ${left === 1 ? "is" : "are"} not decided.` : "All are decided.";
  say(`${VERDICTS[verdict]}: ${object.title || object.id}.${found.end ? ` ${end}` : ""}`);
});

const undo = () => work(async () => {
  const found = await ask("undo", { only, at: state?.object?.number ?? -1 });
  take(found);
  const name = found.object?.title || found.object?.id;
  say({
    "taken back": `Taken back: ${name}.`,
    "changed by others": `${name} was decided again elsewhere since; that is left as it is.`,
    nothing: "There is nothing to take back.",
  }[found.undone], found.undone === "changed by others");
});

function showTools() {
  for (const [id, what] of Object.entries({ turning: "turning", wires: "wires", painted: "painted", tilt: "tilted" })) {
    $(id).setAttribute("aria-pressed", String(viewer[what]));
  }
  $("painted").hidden = !viewer.model?.colours;
}

const KEYS = {
  k: () => decide("keep"), d: () => decide("drop"), n: () => decide("unsure"), u: undo,
  ArrowRight: () => walk("next"), ArrowLeft: () => walk("previous"),
  " ": () => viewer.toggle("turning"), w: () => viewer.toggle("wires"), c: () => viewer.toggle("painted"),
  t: () => viewer.toggle("tilted"), r: () => viewer.home(), "+": () => viewer.zoom(0.85), "=": () => viewer.zoom(0.85),
  "-": () => viewer.zoom(1.18),
};
const TURNS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const ONCE = new Set(["k", "d", "n", "u"]); // a key held down decides one object, not all of them

document.addEventListener("keydown", (event) => {
  if (event.target.matches("select, input, textarea") || event.altKey) return;
  if (event.target.matches("button, summary, a") && [" ", "Enter"].includes(event.key)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const back = (event.ctrlKey || event.metaKey) && key === "z" && !event.shiftKey;
  if ((event.ctrlKey || event.metaKey) && !back) return;
  const turn = event.shiftKey && TURNS[key];
  const act = back ? undo : turn ? () => viewer.turnByKey(...turn) : KEYS[key];
  if (!act) return;
  event.preventDefault();
  if (!(event.repeat && (back || ONCE.has(key)))) act();
});

for (const name of Object.keys(VERDICTS)) $(name).addEventListener("click", () => decide(name));
$("undo").addEventListener("click", undo);
$("next").addEventListener("click", () => walk("next"));
$("previous").addEventListener("click", () => walk("previous"));
$("turning").addEventListener("click", () => viewer.toggle("turning"));
$("wires").addEventListener("click", () => viewer.toggle("wires"));
$("painted").addEventListener("click", () => viewer.toggle("painted"));
$("tilt").addEventListener("click", () => viewer.toggle("tilted"));
$("front").addEventListener("click", () => viewer.home());
$("only").addEventListener("change", (event) => {
  event.target.blur(); // so that the keys decide again
  work(async () => {
    only = event.target.value;
    take(await look("open"));
    say("");
  });
});

/** Shows what other windows and other people's commands have decided. */
async function lookAgain() {
  const then = state;
  if (!busy && !document.hidden && then?.object) {
    try {
      const found = await look("here");
      if (!busy && state === then && found.object?.id === then.object.id) take(found);
    } catch (error) {
      say(error.message, true);
    }
  }
  setTimeout(lookAgain, LOOK_AGAIN);
}

work(async () => {
  about = await ask("about");
  document.title = `${about.collection} · Review`;
  $("collection").textContent = about.collection;
  $("only").replaceChildren(...Object.entries(about.filters).map(([name, words]) => new Option(words, name)));
  const [filter, number] = location.hash.slice(1).split("/"); // where the page was before it was loaded again
  only = Object.hasOwn(about.filters, filter) ? filter : about.only;
  $("only").value = only;
  const here = /^\d+$/.test(number ?? "") ? await look("here", number) : null;
  take(here?.object ? here : await look("open"));
}).then(() => setTimeout(lookAgain, LOOK_AGAIN));
