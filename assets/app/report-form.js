/* What the phone page asks and sends: pure, in the page and in node. */
(function (root) {
  "use strict";

  /** What is still missing of a draft, as keys of the words; empty when it can be sent. */
  function missing(draft) {
    const found = [];
    if (!draft.type) found.push("report.need.type");
    if (!placed(draft) && !(draft.address || "").trim()) found.push("report.need.where");
    return found;
  }

  const placed = (draft) => Number.isFinite(draft.lon) && Number.isFinite(draft.lat);

  /** Whether a place can be in the town at all: the server knows exactly, this is the box around it. */
  const within = (bounds, lon, lat) => !bounds || (lon >= bounds[0] && lat >= bounds[1] && lon <= bounds[2] && lat <= bounds[3]);

  /** The report as it goes to the server (POST /api/report); what was not given is left out. */
  function payload(draft, client) {
    const sent = { client, type: draft.type };
    if (placed(draft)) {
      sent.lon = draft.lon;
      sent.lat = draft.lat;
      if (Number.isFinite(draft.accuracy) && !draft.moved) sent.accuracy_m = Math.round(draft.accuracy);
    }
    for (const name of ["address", "description", "name", "phone"]) if ((draft[name] || "").trim()) sent[name] = draft[name].trim();
    if (draft.photos && draft.photos.length) sent.photos = draft.photos.slice(0, MOST);
    return sent;
  }
  const MOST = 3;

  /** Types by class, in their order: `[[class, [type]]]`. */
  function byClass(types) {
    const groups = new Map();
    for (const type of types) groups.set(type.class, [...(groups.get(type.class) || []), type]);
    return [...groups];
  }

  /** What an answer means for a report: `settled` (taken or refused), `busy` (the way to the server, or the server for everybody: all wait), or
      `later` (this report alone could not be taken: it is tried again, and those behind it go on). */
  function meaning(status) {
    if (status === 429 || (status >= 502 && status <= 504)) return "busy";
    return status >= 500 || status === 404 || status === 408 || status === 421 ? "later" : "settled";
  }

  /** What the outbox is told: `null` to wait, `{later}`, or `{ok, body}`. `body` is null where the answer was none of ours, such as a proxy's. */
  function answerOf(status, body) {
    const means = meaning(status);
    if (means === "busy") return null;
    if (means === "later") return { later: status };
    if (body && typeof body === "object") return { ok: status < 400, body };
    return status < 400 ? null : { later: status }; // the log-in page of a network says 200 to everything
  }
  const STUCK = 3; // tries after which a report that cannot be taken may be changed

  /** Width and height of a picture whose longer side is at most `most`. */
  function fitted(width, height, most) {
    const by = Math.min(1, most / Math.max(width, height));
    return [Math.max(1, Math.round(width * by)), Math.max(1, Math.round(height * by))];
  }

  const api = { missing, placed, within, payload, byClass, meaning, answerOf, fitted, MOST, STUCK };
  root.onescreen = root.onescreen || {};
  root.onescreen.reportForm = api;
  if (typeof module !== "undefined") module.exports = api;
})(typeof self !== "undefined" ? self : globalThis);
