/* Copies the address with where the map looks, which is the whole view; where nothing may write to the clipboard (plain http from another
   machine), it shows the address selected. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});
  app.acts = app.acts || {};

  app.link = function () {
    const at = app.where ? app.where() : null; // a page with a map says where it looks
    return location.origin + (at ? app.address({ at: app.view.written(at) }) : location.pathname + location.search);
  };

  app.acts.share = async function (button) {
    const link = app.link();
    try {
      await navigator.clipboard.writeText(link);
      app.toast(button.dataset.said);
    } catch {
      show(link, button);
    }
  };

  /** A dialog with the link selected: one more keystroke copies it. */
  function show(link, button) {
    const dialog = document.createElement("dialog");
    const title = document.createElement("h2");
    const field = document.createElement("input");
    const close = document.createElement("button");
    dialog.className = "share-dialog";
    title.textContent = button.dataset.title;
    dialog.setAttribute("aria-label", button.dataset.title);
    field.readOnly = true;
    field.value = link;
    field.setAttribute("aria-label", button.dataset.title);
    close.type = "button";
    close.className = "button";
    close.textContent = button.dataset.close;
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    dialog.append(title, field, close);
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
    field.select();
  }
})();
