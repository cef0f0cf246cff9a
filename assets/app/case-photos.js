/* Photos of an incident: before and after over each other with a line to drag, the others beside each other. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  const BEFORE = ["before", "near", "still", "far", "reference"]; // what may stand for how it was, best first

  const address = (photo) => `/api/photos/${encodeURIComponent(photo.id)}`;

  /** The pair to compare: the latest picture of after, and the best of before; null where one of them is missing. */
  function pair(photos) {
    const after = photos.filter((one) => one.kind === "after").at(-1);
    const before = BEFORE.map((kind) => photos.find((one) => one.kind === kind)).find(Boolean);
    return after && before ? { before, after } : null;
  }

  function picture(photo, said) {
    const { el } = app;
    return el("a.photo", { href: address(photo), target: "_blank", rel: "noopener" }, el("img", { src: address(photo), alt: said, loading: "lazy" }), el("span.photo-kind", {}, said));
  }

  /* A range field lies over both pictures: a finger drags it, arrow keys move it. */
  function compared({ before, after }) {
    const { el } = app, { say } = app.cases;
    const box = el("div.compare-photos", { style: { "--at": "50%" } });
    const line = el("input.compare-line", { type: "range", min: 0, max: 100, value: 50, "aria-label": say("case.photos.compare") });
    line.oninput = () => box.style.setProperty("--at", `${line.value}%`);
    box.append(
      el("img", { src: address(before), alt: say("case.photos.before") }), el("img.compare-after", { src: address(after), alt: say("case.photos.after") }),
      el("span.compare-said", { "aria-hidden": "true" }, say("case.photos.before")), el("span.compare-said.compare-right", { "aria-hidden": "true" }, say("case.photos.after")),
      el("span.compare-mark", { "aria-hidden": "true" }), line,
    );
    return box;
  }

  app.casePhotos = function (photos) {
    const { el } = app, { say, when } = app.cases;
    if (!photos.length) return el("p.state", {}, say("case.photos.none"));
    const both = pair(photos);
    const kind = (photo) => say(`case.photo.${photo.kind}`);
    const all = photos.map((photo) => picture(photo, photo.at ? say("case.photo.at", { kind: kind(photo), when: when(photo.at) }) : kind(photo)));
    return el("div.photos", {}, both ? compared(both) : null, el("div.photo-row", {}, all));
  };
  app.casePhotos.pair = pair;
})();
