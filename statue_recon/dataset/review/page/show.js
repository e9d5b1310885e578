// Puts what the server says of an object and of the progress on the page. Texts are set as text, never as HTML.

export const $ = (id) => document.getElementById(id);

export const VERDICTS = { keep: "Kept", drop: "Dropped", unsure: "Not sure" };
const CLEAN = { keep: "clean: keep", drop: "clean: drop", look: "clean: to be seen" };

export const amount = (number) => number.toLocaleString("en").replaceAll(",", "\u202f");

export function showProgress({ progress, of, can_undo }) {
  const { all, keep, drop, unsure } = progress;
  const decided = keep + drop + unsure;
  $("counts").textContent =
    `${amount(decided)} of ${amount(all)} decided · ${amount(keep)} kept · ${amount(drop)} dropped · ${amount(unsure)} unsure`;
  $("bar").setAttribute("aria-label", `${amount(decided)} of ${amount(all)} decided`);
  for (const [name, count] of Object.entries({ keep, unsure, drop })) {
    $("bar").querySelector(`.${name}`).style.width = `${(100 * count) / Math.max(all, 1)}%`;
  }
  $("undo").disabled = !can_undo;
  $("previous").disabled = $("next").disabled = !of;
}

export function showVerdict(verdict) {
  const badge = $("badge");
  badge.hidden = !verdict;
  badge.className = `badge ${verdict ?? ""}`;
  badge.textContent = VERDICTS[verdict] ?? "";
  for (const name of Object.keys(VERDICTS)) $(name).setAttribute("aria-pressed", String(name === verdict));
}

export function showObject(object, place, of, filter) {
  const whole = place ? `${amount(place)} of ${amount(of)}` : `${amount(of)} objects`;
  $("place").textContent = filter === "all" ? whole : place ? `${whole} in “${$("only").selectedOptions[0].text}”`
    : `not among the ${whole} in “${$("only").selectedOptions[0].text}”`;
  $("title").textContent = object.title || object.id;
  $("byline").textContent = [object.author || "unknown author", object.licence || "no licence known"].join(" · ");
  $("description").textContent = object.description === object.title ? "" : object.description;
  $("opinion").hidden = !object.clean;
  $("opinion-verdict").textContent = CLEAN[object.clean] ?? `clean: ${object.clean}`;
  $("opinion-verdict").className = `chip ${object.clean}`;
  $("class").textContent = object.class ?? "";
  $("reasons").replaceChildren(...object.reasons.map((reason) => element("li", reason)));
  $("source").replaceChildren(
    ...row("From", object.source), ...row("Page", object.url, true), ...row("File", object.file),
    ...row("Size", object.bytes ? bytes(object.bytes) : ""),
  );
  for (const name of Object.keys(VERDICTS)) $(name).disabled = false;
}

export function showNothing() {
  for (const id of ["title", "byline", "description", "place", "facts"]) $(id).textContent = "";
  $("opinion").hidden = true;
  $("source").replaceChildren();
  for (const name of Object.keys(VERDICTS)) $(name).disabled = true;
}

export function showFacts(model) {
  if (!model) return ($("facts").textContent = "");
  const sides = model.size.map((side) => Number(side.toPrecision(3)).toLocaleString("en")).join(" × ");
  const shown = model.shown < model.faces ? `, ${amount(model.shown)} shown` : "";
  $("facts").textContent = `${amount(model.faces)} triangles${shown} · ${sides}`;
}

export function notice(words, bad = false) {
  $("notice").hidden = !words;
  $("notice").textContent = words;
  $("notice").classList.toggle("bad", bad);
}

export function say(words, bad = false) {
  $("said").textContent = words;
  $("said").classList.toggle("bad", bad);
}

export function bytes(count) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  for (; count >= 1000 && unit < 3; unit++) count /= 1000;
  return `${count < 10 && unit ? count.toFixed(1) : Math.round(count)} ${units[unit]}`;
}

function row(name, value, link = false) {
  if (!value) return [];
  const data = element("dd", value);
  if (link && /^https?:\/\//.test(value)) {
    const anchor = element("a", value.replace(/^https?:\/\/(www\.)?/, ""));
    Object.assign(anchor, { href: value, target: "_blank", rel: "noopener noreferrer" });
    data.replaceChildren(anchor);
  }
  return [element("dt", name), data];
}

function element(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}
