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

  // A sign of a language that writes no spaces is a word by itself, as in the index (folding.py).
  const UNSPACED = "[\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3005-\\u3007\\u3040-\\u30ff\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\u{20000}-\\u{3ffff}]";
  const SIGN = "[\\p{L}\\p{N}\\p{Co}]";
  const WORD = new RegExp(`(?=${SIGN})${UNSPACED}|(?:(?!${UNSPACED})(?:${SIGN}|[\\u0300-\\u036f]))+`, "gu");
  const words = (text) => (text.match(WORD) ?? []).map(rowkeeper.folded).filter(Boolean);
  const shardOf = (term) => [...term].slice(0, 2).join("").split("")
    .map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0")).join("");

  // What is asked, as search_words.py reads it: alternatives of what must be there and what must not. What is half typed counts, too.
  const TOKEN = /(?<minus>-(?=["(\p{L}\p{N}]))|"(?<phrase>[^"]*)"?(?<star>\*?)|(?<bracket>[()])|(?<word>[^\s()"]+)/gu;
  function parse(text) {
    const tokens = text.replace(/[“”„‟«»]/g, '"').matchAll(TOKEN);
    function either() {
      const groups = [{ must: [], not: [] }];
      let into = "must";
      for (let step = tokens.next(); !step.done; step = tokens.next()) {
        const { minus, phrase, star, bracket, word } = step.value.groups;
        if (bracket === ")") break;
        if (word === "OR") { groups.push({ must: [], not: [] }); into = "must"; }
        else if (minus || word === "NOT") into = "not";
        else if (word !== "AND") {
          const item = bracket ? { groups: either() } : { said: words(phrase ?? word), isPrefix: Boolean(star) || /\*\s*$/.test(phrase ?? word) };
          if (!(item.groups ?? item.said).length) continue;
          groups.at(-1)[into].push(item);
          into = "must";
        }
      }
      return groups.filter((group) => group.must.length);
    }
    return either();
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

  // Passage -> worth, of all that may be what is asked: a phrase is not looked at here.
  async function worths(groups) {
    const found = new Map();
    for (const group of groups) {
      const sets = await Promise.all(group.must.map((item) => (item.groups ? worths(item.groups) : matches(item))));
      const not = await Promise.all(group.not.filter((item) => item.said?.length === 1).map(matches));
      const least = sets.reduce((one, other) => (other.size < one.size ? other : one));
      const worth = sets.reduce((sum, set) => sum + Math.log(1 + all / (1 + set.size)), 0);
      for (const passage of least.keys()) {
        if (sets.every((set) => set.has(passage)) && !not.some((set) => set.has(passage))) {
          found.set(passage, Math.max(worth, found.get(passage) ?? 0));
        }
      }
    }
    return found;
  }

  async function best(groups) {
    const found = [...await worths(groups)];
    return found.sort((one, other) => other[1] - one[1] || one[0] - other[0]).map(([passage]) => passage);
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

  // Where an item stands in the tokens of a passage: [[from, to], …].
  function standing(tokens, { said, isPrefix }) {
    const found = [];
    tokens.forEach(({ from }, place) => {
      const is = said.every((word, step) => {
        const token = tokens[place + step]?.word;
        return isPrefix && step === said.length - 1 ? token?.startsWith(word) : token === word;
      });
      if (is) found.push([from, tokens[place + said.length - 1].to]);
    });
    return found;
  }

  // The same of what is asked; null where it is not there.
  function whatStands(tokens, groups) {
    const of = (item) => { const found = item.groups ? whatStands(tokens, item.groups) : standing(tokens, item); return found?.length ? found : null; };
    let found = null;
    for (const group of groups) {
      const there = group.must.map(of);
      if (there.every(Boolean) && !group.not.some(of)) found = [...(found ?? []), ...there.flat()];
    }
    return found;
  }

  function marks(passage, groups) {
    const tokens = [...passage.matchAll(WORD)].map((found) => ({
      word: rowkeeper.folded(found[0]), from: found.index, to: found.index + found[0].length })).filter(({ word }) => word);
    return whatStands(tokens, groups)?.sort((one, other) => one[0] - other[0]);
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
    const candidates = await best(groups);
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
