"use strict";
(async () => {
  const COLUMNS = ["row_id", "name", "email", "type", "state", "archived", "expected", "failed", "missing"];
  const AT_ONCE = 200;
  const form = document.querySelector("form[data-people]"), body = document.querySelector("#people tbody");
  const more = document.getElementById("more"), count = document.getElementById("count");
  const rows = (await rowkeeper.when("people")).map((row) => {
    const person = Object.fromEntries([...COLUMNS, "modality", "functions", "animals", "number", "has", "lacks", "file"].map((name, place) => [name, row[place]]));
    person.folded = rowkeeper.folded(`${person.row_id}\n${person.name}\n${person.email ?? ""}\n${person.type ?? ""}`);
    return person;
  });
  let shown = [], upTo = AT_ONCE, chosen = -1;
  const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  function wanted(facts) {
    const words = rowkeeper.folded(facts.q ?? "").split(/\s+/).filter(Boolean);
    return (person) => words.every((word) => person.folded.includes(word))
      && ["modality", "functions", "animals", "number", "state"].every((name) => !facts[name] || String(person[name] ?? "") === facts[name])
      && (!facts.has || person.has.includes(facts.has)) && (!facts.lacks || person.lacks.includes(facts.lacks));
  }

  function draw() {
    body.replaceChildren(...shown.slice(0, upTo).map((person, place) => {
      const line = rowkeeper.element("tr", undefined, place === chosen ? { "aria-selected": "true" } : {});
      for (const name of COLUMNS.slice(0, 5)) {
        const cell = rowkeeper.element("td");
        if (name === "name") cell.append(rowkeeper.element("a", person.name || "(no name)", { href: `person/${person.file}` }));
        else cell.textContent = person[name] ?? "";
        line.append(cell);
      }
      line.append(rowkeeper.element("td", `${person.archived} of ${person.expected}`));
      line.append(rowkeeper.element("td", person.failed || ""), rowkeeper.element("td", person.missing || ""));
      return line;
    }));
    more.hidden = shown.length <= upTo;
    count.textContent = `${shown.length} of ${rows.length} people`;
  }

  function choose() {
    const facts = Object.fromEntries(new FormData(form));
    const sort = rowkeeper.readHash().get("sort") ?? "", name = sort.replace(/^-/, "");
    shown = rows.filter(wanted(facts));
    if (COLUMNS.includes(name)) {
      shown.sort((one, other) => byName.compare(String(one[name] ?? ""), String(other[name] ?? "")));
      if (sort.startsWith("-")) shown.reverse();
    }
    for (const head of document.querySelectorAll("th")) {
      const is = head.firstChild.dataset.sort === name;
      if (is) head.setAttribute("aria-sort", sort.startsWith("-") ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    [upTo, chosen] = [AT_ONCE, -1];
    draw();
  }

  function keep(sort = rowkeeper.readHash().get("sort")) {
    const facts = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    if (sort) facts.set("sort", sort);
    history.replaceState(null, "", `#${facts}`);
    choose();
  }

  form.addEventListener("input", () => keep());
  form.addEventListener("submit", (event) => { event.preventDefault(); if (shown[0]) open(shown[0]); });
  more.addEventListener("click", () => { upTo += 5 * AT_ONCE; draw(); });
  document.querySelector("#people thead").addEventListener("click", (event) => {
    const name = event.target.dataset.sort;
    if (name) keep(rowkeeper.readHash().get("sort") === name ? `-${name}` : name);
  });
  function open(person) { location.href = `person/${person.file}`; }
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input, select");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) { event.preventDefault(); form.q.focus(); }
    if (event.target.matches("select, button, a") || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
    if (event.key === "Enter") { if (chosen >= 0) { event.preventDefault(); open(shown[chosen]); } return; }
    event.preventDefault();
    chosen = Math.min(Math.max(chosen + (event.key === "ArrowDown" ? 1 : -1), 0), Math.min(shown.length, upTo) - 1);
    draw();
    body.children[chosen]?.scrollIntoView({ block: "nearest" });
  });
  addEventListener("hashchange", () => { rowkeeper.fill(form); choose(); });
  rowkeeper.fill(form);
  choose();
})();
