// Marks the glossary's words in the notebook that shows this script, and explains a mark that has
// the pointer or the focus. JupyterLab saves a cell's source, so the marks are never saved.
window.mglruLabWords = (rules, place) => {
  const PROSE = ".jp-MarkdownCell .jp-RenderedMarkdown";
  const AREA = ".jp-RenderedMarkdown";
  const MARK = "abbr.mglru-lab-word";
  const LEFT = `:is(h1, h2, h3, h4, h5, h6, pre, a, summary, abbr, mjx-container, .MathJax):not(${MARK})`;

  // The words in a text: where each begins and ends. In code a word must stand alone; so must a
  // name, and in code or emphasis.
  function found(text) {
    const all = text.data, inside = text.parentElement.closest("code, em, strong");
    const alone = inside && inside.textContent === all;
    if (alone && Object.hasOwn(rules.names, all)) return [[0, all.length, rules.names[all]]];
    if (inside?.matches("code") && !(alone && Object.hasOwn(rules.forms, all))) return [];
    const matches = all.matchAll(new RegExp(rules.pattern, "g"));
    return [...matches].map((one) => [one.index, one.index + one[0].length, rules.forms[one[0]]]);
  }

  function put(text, word) {
    const mark = document.createElement("abbr");
    Object.assign(mark, { className: "mglru-lab-word", title: rules.words[word], tabIndex: 0 });
    mark.dataset.word = word;
    text.replaceWith(mark);
    mark.append(text);
  }

  // Marks each word where it first appears, in what was written before what ran. What is marked
  // and no longer the first is unmarked: a cell above it was written anew.
  function mark(notebook) {
    const all = [...notebook.querySelectorAll(AREA)];
    const areas = [...all.filter((one) => one.matches(PROSE)), ...all.filter((one) => !one.matches(PROSE))];
    const met = new Set();
    for (const area of areas) {
      const walker = document.createTreeWalker(area, NodeFilter.SHOW_TEXT), texts = [];
      while (walker.nextNode()) texts.push(walker.currentNode);
      for (const text of texts) {
        const marked = text.parentElement.closest(MARK);
        if (marked) {
          if (met.has(marked.dataset.word)) marked.replaceWith(...marked.childNodes);
          met.add(marked.dataset.word);
        } else if (!text.parentElement.closest(LEFT)) {
          let rest = text, begun = 0;
          for (const [start, end, word] of found(text)) {
            if (met.has(word)) continue;
            met.add(word);
            const one = rest.splitText(start - begun);
            rest = one.splitText(end - start);
            begun = end;
            put(one, word);
          }
        }
      }
    }
  }

  const holds = (node) => node.nodeType === 1 && (node.matches(AREA) || node.querySelector(AREA));
  const concerns = (record) =>
    record.target.closest?.(AREA) || [...record.addedNodes, ...record.removedNodes].some(holds);

  function follow(notebook) {
    notebook.classList.add("mglru-lab-notebook");
    notebook.mglruLabMarks?.disconnect(); // the cell with this script ran again
    let waiting;
    const marks = (notebook.mglruLabMarks = new MutationObserver((records) => {
      if (waiting || !records.some(concerns)) return;
      waiting = setTimeout(() => ((waiting = undefined), now()), 50);
    }));
    const now = () => (mark(notebook), marks.takeRecords());
    marks.observe(notebook, { childList: true, subtree: true });
    now();
  }

  // One box for the whole page, beside the mark and inside the window. While it is there the mark
  // has no title, which browsers would show as well.
  function explain() {
    if (window.mglruLabSays) return;
    const box = (window.mglruLabSays = document.createElement("div"));
    Object.assign(box, { id: "mglru-lab-says", role: "tooltip", hidden: true });
    document.body.append(box);
    let shown;
    const hide = () => {
      if (!shown) return;
      shown.title = box.textContent;
      shown.removeAttribute("aria-describedby");
      shown = undefined;
      box.hidden = true;
    };
    const show = (mark) => {
      if (mark === shown) return;
      hide();
      [shown, box.textContent, box.hidden] = [mark, mark.title, false];
      mark.removeAttribute("title");
      mark.setAttribute("aria-describedby", box.id);
      const word = mark.getClientRects()[0], below = word.bottom + box.offsetHeight < innerHeight;
      box.style.left = `${Math.max(8, Math.min(word.left, innerWidth - box.offsetWidth - 8))}px`;
      box.style.top = `${below ? word.bottom : word.top - box.offsetHeight}px`;
    };
    const of = (event) => event.target.closest?.(MARK);
    const listen = (kind, heard) => document.addEventListener(kind, heard, true);
    for (const kind of ["pointerover", "focusin"]) listen(kind, (event) => of(event) && show(of(event)));
    listen("pointerout", (event) => {
      const to = event.relatedTarget;
      if (to !== box && to?.closest?.(MARK) !== shown && shown !== document.activeElement) hide();
    });
    listen("focusout", hide);
    listen("scroll", hide);
    listen("keydown", (event) => event.key === "Escape" && hide());
  }

  explain();
  (function begin() {
    if (!place.isConnected) return setTimeout(begin, 50);
    const notebook = place.closest(".jp-Notebook"); // none in a report, which is marked when made
    if (notebook) follow(notebook);
  })();
};
