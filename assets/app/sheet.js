/* Dialogs that scripts open: one at a time, closed by Escape, by their button or by a click beside them; the focus goes back where it was. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  let open = null;

  /** A dialog with a title and what is in it; gives the dialog. */
  app.sheet = function (title, inside, { wide = false, closed = null } = {}) {
    const { el } = app, before = document.activeElement;
    if (open) open.close();
    const close = el("button.button.bare", { type: "button", "aria-label": app.cases.say("case.close"), onclick: () => dialog.close() }, app.icon("close"));
    const dialog = el(`dialog.sheet-box${wide ? ".sheet-wide" : ""}`, { "aria-label": title }, el("div.panel-head", {}, el("h2.panel-title", {}, title), close), el("div.sheet-body", { tabindex: "0" }, inside));
    dialog.onclick = (event) => { // gives nothing back: false would keep links and telephone numbers inside from being followed
      if (event.target === dialog) dialog.close();
    };
    dialog.onclose = () => {
      dialog.remove();
      if (open === dialog) open = null;
      if (before && before.isConnected) before.focus();
      if (closed) closed();
    };
    document.body.append(dialog);
    dialog.showModal();
    open = dialog;
    return dialog;
  };
  app.sheet.open = () => open;
})();
