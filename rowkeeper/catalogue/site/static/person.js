"use strict";
(async () => {
  async function show(panel) {
    const passages = await rowkeeper.when(`texts/${panel.dataset.text}`);
    const player = panel.closest("[data-recording]").querySelector("video, audio");
    const lines = passages.map(([position, start, passage]) => {
      const line = rowkeeper.element("p", undefined, { id: `${panel.dataset.owner}-${position}`, tabindex: "-1" });
      if (start !== null) {
        const button = rowkeeper.element("button", rowkeeper.clock(start), { type: "button" });
        button.addEventListener("click", () => jump(line, start, true));
        line.append(button);
      }
      line.append(passage);
      return line;
    });
    function mark(line) {
      for (const other of lines) other.classList.toggle("now", other === line);
    }
    function jump(line, start, play) {
      mark(line);
      history.replaceState(null, "", `#${line.id}`);
      if (!player || player.hidden) return;
      player.currentTime = start;
      if (play) player.play().catch(() => {});
    }
    panel.append(...lines);
    if (player) {
      player.addEventListener("timeupdate", () => {
        const place = passages.findLastIndex(([, start]) => start !== null && start <= player.currentTime + 0.05);
        if (place < 0 || lines[place].classList.contains("now")) return;
        mark(lines[place]);
        panel.scrollTop = lines[place].offsetTop - panel.offsetTop - panel.clientHeight / 3;
      });
    }
    function follow() {
      const place = lines.findIndex((line) => `#${line.id}` === location.hash);
      if (place < 0) return;
      lines[place].scrollIntoView({ block: "center" });
      lines[place].focus({ preventScroll: true });
      const start = passages[place][1];
      mark(lines[place]);
      if (player && !player.hidden && start !== null) {
        player.preload = "metadata";
        player.currentTime = start;
      }
    }
    addEventListener("hashchange", follow);
    follow();
  }
  if (rowkeeper.isServed) {
    for (const player of document.querySelectorAll("[data-asset]:not([src])")) {
      player.src = `/media/${player.dataset.asset}`;
      player.hidden = false;
      const away = player.parentElement.querySelector(".away");
      if (away) away.hidden = true;
    }
  }
  for (const panel of document.querySelectorAll("[data-text]")) show(panel);
})();
