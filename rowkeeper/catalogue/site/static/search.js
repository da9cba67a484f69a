"use strict";
(async () => {
  const AT_ONCE = 50, LOOKED_THROUGH = 2000;
  const form = document.querySelector("form[data-words]"), list = document.getElementById("found");
  const count = document.getElementById("count");
  const [people, index] = await Promise.all([rowkeeper.when("people"), rowkeeper.when("search")]);
  const byRow = new Map(people.map((row) => [row[0], { row_id: row[0], name: row[1], type: row[3], file: row[15] }]));
  const ownersOf = new Map();
  for (const [content, key, row, kind, title, url, language, source] of index.owners) {
    ownersOf.set(content, [...(ownersOf.get(content) ?? []), { key, person: byRow.get(row), kind, title, url, language, source }]);
  }
  const firsts = index.contents.map(([, first]) => first);
  const all = index.contents.reduce((sum, [, , passages]) => sum + passages, 0);
  let asked = 0;

  const words = (text) => rowkeeper.folded(text).match(/[\p{L}\p{N}\p{Co}]+/gu) ?? [];
  const shardOf = (term) => [...term].slice(0, 2).join("").split("")
    .map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0")).join("");

  // What is asked: alternatives, each of words and phrases that must be there and words that must not.
  function parse(text) {
    return text.split(/\sOR\s/).map((part) => {
      const group = { must: [], not: [] };
      for (const [, minus, phrase, word] of part.matchAll(/(-?)(?:"([^"]*)"?|(\S+))/g)) {
        if (word === "AND") continue;
        const said = words(phrase ?? word);
        const last = (phrase ?? word).endsWith("*");
        if (said.length) group[minus ? "not" : "must"].push({ said, isPrefix: last });
      }
      return group;
    }).filter((group) => group.must.length);
  }

  async function places(term, isPrefix) {
    const isShort = isPrefix && [...term].length < 2;
    const shards = isShort ? [...index.shards].filter((name) => name.startsWith(shardOf(term))) : [shardOf(term)];
    const found = [];
    for (const shard of shards.filter((name) => index.shards.has(name))) {
      const terms = await rowkeeper.load(`words/${shard}`);
      for (const [known, steps] of isPrefix ? terms : [[term, terms.get(term)]]) {
        if (!steps || (isPrefix && !known.startsWith(term))) continue;
        let last = 0;
        for (const step of steps) found.push((last += step));
      }
    }
    return new Set(found);
  }

  async function matches(item) {
    const sets = await Promise.all(item.said.map((term, place) => places(term, item.isPrefix && place === item.said.length - 1)));
    sets.sort((one, other) => one.size - other.size);
    return new Set([...sets[0]].filter((passage) => sets.every((set) => set.has(passage))));
  }

  async function scores(groups) {
    const found = new Map();
    for (const group of groups) {
      const sets = await Promise.all(group.must.map(matches));
      const not = await Promise.all(group.not.map(matches));
      const least = sets.reduce((one, other) => (other.size < one.size ? other : one));
      const worth = sets.reduce((sum, set) => sum + Math.log(1 + all / (1 + set.size)), 0);
      for (const passage of least) {
        if (sets.every((set) => set.has(passage)) && !not.some((set) => set.has(passage))) {
          found.set(passage, Math.max(worth, found.get(passage) ?? 0));
        }
      }
    }
    return [...found].sort((one, other) => other[1] - one[1] || one[0] - other[0]).map(([passage]) => passage);
  }

  function contentOf(passage) {
    let low = 0, high = firsts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (firsts[middle] <= passage) low = middle; else high = middle - 1;
    }
    return low;
  }

  function glob(pattern) {
    if (!pattern) return () => true;
    const parts = pattern.toLowerCase().split(/([*?])/).map((part) => ({ "*": ".*", "?": "." })[part] ?? part.replace(/[.+^${}()|[\]\\\/-]/g, "\\$&"));
    const made = new RegExp(`^${parts.join("")}$`, "s");
    return (type) => made.test((type ?? "").toLowerCase());
  }

  // Where the words of a group stand in a passage: [[from, to], …]; null where a phrase is not there.
  function marks(passage, groups) {
    const tokens = [...passage.matchAll(/[\p{L}\p{N}\p{Co}\u0300-\u036f]+/gu)].map((found) => ({
      word: rowkeeper.folded(found[0]), from: found.index, to: found.index + found[0].length }));
    for (const group of groups) {
      const found = [];
      const isThere = group.must.every(({ said, isPrefix }) => {
        let any = false;
        tokens.forEach((_, place) => {
          const is = said.every((word, step) => {
            const token = tokens[place + step]?.word;
            return isPrefix && step === said.length - 1 ? token?.startsWith(word) : token === word;
          });
          if (is) { any = true; found.push([tokens[place].from, tokens[place + said.length - 1].to]); }
        });
        return any;
      });
      if (isThere) return found.sort((one, other) => one[0] - other[0]);
    }
    return null;
  }

  function at(url, seconds) {
    if (!/^https?:/.test(url) || url.includes("…")) return ""; // what is masked leads nowhere
    const address = new URL(url), host = address.hostname.replace(/^www\./, ""), second = Math.floor(seconds ?? 0);
    const name = { "youtube.com": "t", "youtu.be": "t", "loom.com": "t", "dailymotion.com": "start" }[host];
    if (second && host.endsWith("vimeo.com")) address.hash = `t=${second}s`;
    else if (second && name) address.searchParams.set(name, second);
    return address.href;
  }

  function item(owner, [position, start, passage], places) {
    const made = rowkeeper.element("li"), who = rowkeeper.element("p"), text = rowkeeper.element("p");
    const when = start === null ? "" : ` at ${rowkeeper.clock(start)}`;
    who.append(rowkeeper.element("a", `${owner.person.name} (${owner.person.row_id})`, { href: `person/${owner.person.file}#${owner.key}-${position}` }));
    who.append(` ${owner.person.type ?? ""} · ${owner.kind}${when}, ${owner.source}${owner.language ? `, ${owner.language}` : ""}${owner.title ? ` · ${owner.title}` : ""}`);
    let last = 0;
    for (const [from, to] of places) {
      if (from < last) continue;
      text.append(passage.slice(last, from), rowkeeper.element("mark", passage.slice(from, to)));
      last = to;
    }
    text.append(passage.slice(last));
    made.append(who, text);
    const address = at(owner.url, start);
    if (address) made.append(rowkeeper.element("a", address, { href: address, rel: "noreferrer noopener" }));
    return made;
  }

  async function search() {
    const mine = ++asked, facts = Object.fromEntries(new FormData(form)), groups = parse(facts.q ?? "");
    if (!groups.length) { list.replaceChildren(); count.textContent = facts.q ? "Write a word to look for." : ""; return; }
    const begun = performance.now(), isOf = glob(facts.type), isChosen = rowkeeper.people(facts.people ?? "");
    const candidates = await scores(groups);
    if (mine !== asked) return;
    const isWanted = (owner) => owner.person && (!facts.kind || owner.kind === facts.kind) && isOf(owner.person.type) && isChosen(owner.person.row_id);
    const wanted = [];
    for (const passage of candidates) {
      const content = contentOf(passage), owners = (ownersOf.get(content) ?? []).filter(isWanted);
      if (owners.length) wanted.push({ passage, owners, content: index.contents[content] });
      if (wanted.length > LOOKED_THROUGH) break;
    }
    const items = [];
    let looked = 0;
    while (looked < wanted.length && items.length < AT_ONCE) {
      const batch = wanted.slice(looked, looked + AT_ONCE);
      const texts = await Promise.all(batch.map(({ content: [file] }) => rowkeeper.load(`texts/${file}`)));
      if (mine !== asked) return;
      batch.forEach(({ passage, owners, content: [, first] }, place) => {
        const found = texts[place][passage - first], there = found && marks(found[2], groups);
        if (there) items.push(...owners.map((owner) => item(owner, found, there)));
      });
      looked += batch.length;
    }
    const isWhole = looked >= wanted.length && wanted.length <= LOOKED_THROUGH;
    list.replaceChildren(...items);
    count.dataset.milliseconds = Math.round(performance.now() - begun);
    count.textContent = items.length ? `${items.length} passage${items.length === 1 ? "" : "s"}${isWhole ? "" : ", the best of more"}` : "No passage has that. Try fewer words, or a part of one with *.";
  }

  let soon;
  form.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(() => { rowkeeper.writeHash(form); search(); }, 80); });
  form.addEventListener("submit", (event) => { event.preventDefault(); rowkeeper.writeHash(form); search(); });
  addEventListener("hashchange", () => { rowkeeper.fill(form); search(); });
  rowkeeper.fill(form);
  search();
})();
