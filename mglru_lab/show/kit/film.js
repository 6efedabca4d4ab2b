// Draws films: a strip of pages for each kernel, one timeline, counters. No library, no network.
// mglruLabFilm(target, film): see film.py for what a film holds. Where a person is in a film is
// kept by its name, so that a panel's next answer goes on at the same step, if it has as many.
((root) => {
  const kept = (root.mglruLabFilms = root.mglruLabFilms || {});
  const make = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const number = (value) => value.toLocaleString("en-US");

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // One kernel: a title, one canvas per region, and how many pages are where. A row holds 64 pages, as
  // many as one look-around sees; cells are whole pixels, so their size follows the width.
  class Side {
    constructor(film, side, bytes) {
      Object.assign(this, { film, side, bytes });
      this.pages = side.regions.reduce((sum, [, pages]) => sum + pages, 0);
      this.columns = this.pages > 4096 ? 192 : 64;
      this.counts = make("div", { class: "film-counts" });
      this.node = make("div", { class: "film-side" }, make("div", { class: "film-name" }, side.name));
      this.parts = [];
      let first = 0;
      for (const [name, pages] of side.regions) {
        const canvas = make("canvas", { role: "img", tabindex: "0" });
        const label = `${name}: ${number(pages)} pages, ${this.columns} per row`;
        this.node.append(make("div", { class: "film-region" }, label), canvas);
        this.parts.push({ name, canvas, first, pages, chosen: 0 });
        first += pages;
      }
      this.node.append(this.counts);
    }

    layout(width) {
      const dots = window.devicePixelRatio || 1;
      this.width = width;
      this.cell = Math.max(1, Math.floor((width * dots) / this.columns));
      for (const { canvas, pages } of this.parts) {
        canvas.width = this.columns * this.cell;
        canvas.height = Math.ceil(pages / this.columns) * this.cell;
        canvas.style.width = `${canvas.width / dots}px`;
      }
    }

    draw(frame) {
      this.frame = frame;
      const width = this.node.clientWidth || 400;
      if (width !== this.width) this.layout(width);
      const now = this.bytes.subarray(frame * this.pages, (frame + 1) * this.pages);
      const before = frame ? this.bytes.subarray((frame - 1) * this.pages, frame * this.pages) : now;
      const totals = this.film.places.map(() => 0);
      for (const value of now) totals[value & 7] += 1;
      for (const part of this.parts) this.paint(part, now, before);
      const said = this.film.places.map((place, i) => [place, totals[i]]).filter(([, pages]) => pages);
      this.counts.textContent = said.map(([place, pages]) => `${place}: ${number(pages)}`).join(", ");
      for (const { name, canvas } of this.parts)
        canvas.setAttribute("aria-label", `${this.side.name}, ${name}'s pages. ${this.counts.textContent}`);
    }

    paint({ canvas, first, pages }, now, before) {
      const pen = canvas.getContext("2d");
      const { cell, columns } = this;
      const { colors } = this.film;
      const size = cell > 4 ? cell - 1 : cell;
      const middle = size / 2;
      const dot = Math.max(1.2, cell * 0.2);
      pen.clearRect(0, 0, canvas.width, canvas.height);
      for (let page = 0; page < pages; page += 1) {
        const value = now[first + page];
        const place = value & 7;
        const x = (page % columns) * cell;
        const y = Math.floor(page / columns) * cell;
        pen.fillStyle = colors[place];
        pen.fillRect(x, y, size, size);
        if (cell <= 4) continue;
        if (value & 24) {
          pen.fillStyle = place < 2 ? "#fff" : "#000";
          pen.beginPath();
          if (value & 16) pen.arc(x + middle, y + middle, dot, 0, 7);
          if (value & 8) pen.rect(x, y + size - Math.ceil(size / 4), size, Math.ceil(size / 4));
          pen.fill();
        }
        if ((place === 4) !== ((before[first + page] & 7) === 4)) {
          pen.strokeStyle = "#e0691b";
          pen.lineWidth = Math.max(1, cell / 6);
          pen.strokeRect(x + pen.lineWidth / 2, y + pen.lineWidth / 2, size - pen.lineWidth, size - pen.lineWidth);
        }
      }
    }
  }

  // One page in words: where it is, which MMU knows of its use, and since which step.
  function about({ film, side, bytes, pages: all, frame }, { name, first }, page) {
    const at = (step) => bytes[step * all + first + page];
    const [now, step] = [at(frame), (n) => `step ${n + 1} (${film.captions[n]})`];
    const known = [now & 8 && "the primary MMU (the host's page tables)", now & 16 && "the secondary MMU (KVM)"].filter(Boolean);
    const seen = (n) => n && (at(n) & 24 & ~at(n - 1) || ((at(n - 1) & 7) >= 4 && (at(n) & 7) < 4));
    let used = frame;
    while (used && !seen(used)) used -= 1;
    let since = frame;
    while (since && (at(since - 1) & 7) === (now & 7)) since -= 1;
    return [
      `${side.name}, ${name}'s page ${number(page)}: ${film.places[now & 7]}, since ${step(since)}.`,
      known.length ? `Used since its accessed bit was cleared: ${known.join(" and ")} knows.` : "No accessed bit is set.",
      used ? `A use was last noted at ${step(used)}.` : "No use was noted after the first step.",
    ];
  }

  // What a pointer, or the keyboard, is at: one box for the whole film.
  function pointing(tip, target, find) {
    const say = (lines, x, y) => {
      if (!lines) return (tip.hidden = true);
      tip.replaceChildren(...lines.map((line) => make("div", {}, line)));
      tip.hidden = false;
      tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
      tip.style.top = `${y + 20 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 12 : y + 20}px`;
    };
    target.addEventListener("pointermove", (event) => say(find(event), event.clientX, event.clientY));
    for (const end of ["pointerleave", "blur"]) target.addEventListener(end, () => (tip.hidden = true));
    return say;
  }

  function answerPointer(side, part, tip) {
    const { canvas, pages } = part;
    const lines = (page) => (page >= 0 && page < pages ? about(side, part, page) : null);
    const say = pointing(tip, canvas, ({ clientX, clientY }) => {
      const box = canvas.getBoundingClientRect();
      const edge = box.width / side.columns;
      return lines(Math.floor((clientY - box.top) / edge) * side.columns + Math.floor((clientX - box.left) / edge));
    });
    canvas.addEventListener("keydown", ({ key }) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side.columns, ArrowDown: side.columns, Enter: 0 }[key];
      if (step === undefined) return (tip.hidden = true);
      part.chosen = Math.max(0, Math.min(pages - 1, part.chosen + step));
      const box = canvas.getBoundingClientRect();
      const edge = box.width / side.columns;
      say(lines(part.chosen), box.left + (part.chosen % side.columns) * edge, box.top + Math.floor(part.chosen / side.columns) * edge);
    });
  }

  // A dark line where a step aged, an orange bar for the pages that it swapped out; one row per kernel.
  function ruler(film) {
    const row = 16;
    const canvas = make("canvas", { class: "film-ruler", role: "img", "aria-label": "when each kernel aged and swapped out; the slider below goes there" });
    const width = (canvas.width = 960);
    canvas.height = row * film.sides.length;
    const pen = canvas.getContext("2d");
    const [aged, taken] = [film.counters.indexOf("agings"), film.counters.findIndex((c) => c.includes("swapped out"))];
    const step = (side, frame, counter) => side.totals[frame][counter] - (frame ? side.totals[frame - 1][counter] : 0);
    const most = Math.max(1, ...film.sides.flatMap((side) => side.totals.map((_, f) => step(side, f, taken))));
    film.sides.forEach((side, place) =>
      side.totals.forEach((_, frame) => {
        const x = ((frame + 0.5) / side.totals.length) * width;
        const high = (step(side, frame, taken) / most) * (row - 4);
        pen.fillStyle = "#e0691b";
        pen.fillRect(x - 2, (place + 1) * row - 2 - high, 4, high);
        if (!step(side, frame, aged)) return;
        pen.fillStyle = "#3b6fb6";
        pen.fillRect(x - 1, place * row + 1, 2, row - 3);
      }),
    );
    const frameAt = ({ clientX }) => {
      const box = canvas.getBoundingClientRect();
      return Math.max(0, Math.min(film.captions.length - 1, Math.floor(((clientX - box.left) / box.width) * film.captions.length)));
    };
    const says = (event) => {
      const frame = frameAt(event);
      const did = film.sides.map((side) => `${side.name}: ${step(side, frame, aged)} agings, ${number(step(side, frame, taken))} pages swapped out`);
      return [`step ${frame + 1}: ${film.captions[frame]}`, ...did, "Click to go there."];
    };
    return { canvas, frameAt, says };
  }

  function table(film) {
    const names = film.sides.map((side) => make("th", {}, side.name));
    const head = make("tr", {}, make("th", {}, "so far (in this step)"), ...names);
    if (film.sides.length > 1) head.append(make("th", {}, "difference"));
    const body = film.counters.map((name) =>
      make("tr", {}, make("td", {}, name), ...[...names, ...(names[1] ? [0] : [])].map(() => make("td"))),
    );
    const draw = (frame) =>
      film.counters.forEach((_, counter) => {
        const cells = body[counter].children;
        const values = film.sides.map((side) => side.totals[frame][counter]);
        film.sides.forEach((side, i) => {
          const added = values[i] - (frame ? side.totals[frame - 1][counter] : 0);
          cells[i + 1].textContent = number(values[i]) + (added ? ` (+${number(added)})` : "");
        });
        if (values.length > 1) {
          const [base, other] = values;
          const ratio = base && other ? ` (×${(other / base).toFixed(2)})` : "";
          const sign = other > base ? "+" : "−";
          cells[3].textContent = other === base ? "same" : `${sign}${number(Math.abs(other - base))}${ratio}`;
        }
      });
    const node = make("table", { class: "film-table" }, make("thead", {}, head), make("tbody", {}, ...body));
    return { node, draw };
  }

  function legend(film) {
    const swatches = film.places.map((place, i) => {
      const box = make("span", { class: "film-swatch" });
      box.style.background = film.colors[i];
      return make("span", {}, box, place);
    });
    const marks = [
      ["●", "used since its bit was cleared, and the secondary MMU knows"],
      ["▂", "... and the primary MMU knows"],
      ["orange frame", "swapped out or in by this step"],
      ["above the slider", "blue: an aging in that step, orange: pages swapped out; one row per kernel"],
    ].map(([mark, says]) => make("span", {}, make("b", {}, mark), ` ${says}`));
    return make("div", { class: "film-legend" }, ...swatches, ...marks);
  }

  function copies(film) {
    if (!Object.keys(film.copies).length) return "";
    const rows = Object.entries(film.copies).map(([what, text]) => {
      const button = make("button", { type: "button" }, what);
      const code = make("code", { tabindex: "0" }, text);
      button.onclick = async () => {
        getSelection().selectAllChildren(code);
        try {
          await navigator.clipboard.writeText(text);
        } catch {
          if (!document.execCommand("copy")) return (button.textContent = "selected: copy it");
        }
        button.textContent = "copied";
        setTimeout(() => (button.textContent = what), 1500);
      };
      return make("div", { class: "film-copy" }, button, code);
    });
    return make("details", { class: "film-copies" }, make("summary", {}, "Take it with you"), ...rows);
  }

  async function show(target, film) {
    const bytes = await Promise.all(film.sides.map((side) => unpack(side.pages)));
    const sides = film.sides.map((side, i) => new Side(film, side, bytes[i]));
    const last = film.captions.length - 1;
    const state = (kept[film.name] = { frame: last, speed: 8, last, ...kept[film.name] });
    if (state.last !== last) Object.assign(state, { frame: last, last }); // another story
    clearInterval(state.timer);
    const counters = table(film);
    const caption = make("span", { class: "film-caption", role: "status" });
    const scrub = make("input", { type: "range", min: 0, max: last, "aria-label": "step of the film" });
    const speed = make("select", { "aria-label": "steps per second" });
    for (const value of [2, 4, 8, 16, 32]) speed.append(make("option", { value }, `${value} per second`));
    speed.value = state.speed;
    const button = (text, says, act) => {
      const node = make("button", { type: "button", title: says, "aria-label": says }, text);
      node.onclick = act;
      return node;
    };
    const go = (frame) => {
      state.frame = Math.max(0, Math.min(last, frame));
      scrub.value = state.frame;
      scrub.setAttribute("aria-valuetext", film.captions[state.frame]);
      caption.textContent = `step ${state.frame + 1} of ${last + 1}: ${film.captions[state.frame]}`;
      sides.forEach((side) => side.draw(state.frame));
      counters.draw(state.frame);
      if (state.frame === last) stop();
    };
    const play = button("▶ play", "play or pause", () => (state.playing ? stop() : start()));
    function stop() {
      clearInterval(state.timer);
      state.playing = false;
      play.textContent = "▶ play";
    }
    function start() {
      if (state.frame === last) go(0);
      state.playing = true;
      play.textContent = "❚❚ pause";
      clearInterval(state.timer);
      state.timer = setInterval(() => (target.isConnected ? go(state.frame + 1) : stop()), 1000 / speed.value);
    }
    const to = (frame) => () => (stop(), go(frame()));
    scrub.oninput = () => (stop(), go(Number(scrub.value)));
    speed.onchange = () => ((state.speed = Number(speed.value)), state.playing && start());
    const controls = make(
      "div",
      { class: "film-controls" },
      button("|◀", "to the first step", to(() => 0)),
      button("◀ step", "one step back", to(() => state.frame - 1)),
      play,
      button("step ▶", "one step on", to(() => state.frame + 1)),
      button("▶|", "to the last step", to(() => last)),
      speed,
      caption,
    );
    const strips = make("div", { class: "film-sides" }, ...sides.map((side) => side.node));
    const tip = make("div", { class: "film-tip", role: "tooltip", hidden: "" });
    const marks = ruler(film);
    marks.canvas.onclick = (event) => (stop(), go(marks.frameAt(event)));
    pointing(tip, marks.canvas, marks.says);
    for (const side of sides) for (const part of side.parts) answerPointer(side, part, tip);
    const time = make("div", { class: "film-time" }, marks.canvas, scrub);
    const right = make("div", { class: "film-right" }, counters.node);
    const large = sides.some((side) => side.pages > 4096);
    const body = make("div", { class: large ? "film-body film-large" : "film-body" }, strips, right);
    target.replaceChildren(controls, time, body, legend(film), copies(film), tip);
    const playing = state.playing;
    go(state.frame);
    if (playing && state.frame < last) start();
    new ResizeObserver(() => sides.forEach((side) => side.draw(state.frame))).observe(strips);
    target.dataset.drawn = performance.now();
  }

  root.mglruLabFilm = (target, film) =>
    show(target, film).catch((error) => {
      console.error(error);
      target.textContent = `No film: ${error}`;
    });
})(window);
