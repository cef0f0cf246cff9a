/* Links that stay in the page: `a[data-in]` changes the address without a reload; dcc.Location tells the callbacks.
   Ctrl, middle click and "copy link" work as on any link, because they are links. */
(function () {
  "use strict";
  const app = (window.onescreen = window.onescreen || {});

  app.go = function (href) {
    if (href === location.pathname + location.search) return;
    history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  };

  /* The address with some query parameters changed; null or "" takes one away. */
  app.address = function (changes) {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === "") query.delete(key);
      else query.set(key, value);
    }
    const said = query.toString().replaceAll("%3A", ":");
    return location.pathname + (said ? "?" + said : "");
  };

  function plainClick(event) {
    return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  }

  document.addEventListener("click", function (event) {
    const link = event.target.closest && event.target.closest("a[data-in]");
    if (!link || !plainClick(event) || event.defaultPrevented) return;
    const url = new URL(link.href, location.href);
    if (url.pathname !== location.pathname) return;
    event.preventDefault();
    app.go(url.pathname + url.search);
  });
})();
