// What Gradio's parts do not do by themselves: the source panel, the subscriptions sheet, asking from a card, scrolling.
(() => {
  "use strict";
  const find = (selector, root = document) => root.querySelector(selector);

  // Sources: a modal panel filled from the server; Escape closes it and focus returns to the citation.
  let panel = null;
  let opener = null;
  const sourcePanel = () => {
    if (panel) return panel;
    panel = document.createElement("dialog");
    panel.className = "source";
    panel.setAttribute("aria-labelledby", "source-title");
    panel.addEventListener("click", (event) => { if (event.target === panel) panel.close(); });
    panel.addEventListener("close", () => {
      opener?.removeAttribute("aria-expanded");
      opener?.focus();
      opener = null;
    });
    document.body.append(panel);
    return panel;
  };
  const openSource = async (link) => {
    const response = await fetch(`/sources/${encodeURIComponent(link.dataset.source)}?part=true`);
    const shown = sourcePanel();
    shown.innerHTML = await response.text();
    opener = link;
    link.setAttribute("aria-expanded", "true");
    if (!shown.open) shown.showModal();
    shown.scrollTop = 0;
    find("mark", shown)?.scrollIntoView({ block: "center" });
  };

  // Asking from a button outside the composer: the words go through the composer like any others.
  const ask = (words) => {
    const box = find("#message textarea");
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, words);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    setTimeout(() => find("#message .submit-button").click(), 50);
  };

  const showSubscriptions = (open) => {
    document.body.classList.toggle("panel-open", open);
    find("[data-panel]")?.setAttribute("aria-expanded", String(open));
    (open ? find("[data-panel-close]") : find("[data-panel]"))?.focus();
  };

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    const cited = at("a[data-source]");
    if (cited && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      openSource(cited);
    } else if (at("[data-ask]")) {
      if (document.body.classList.contains("panel-open")) showSubscriptions(false);
      ask(at("[data-ask]").dataset.ask);
    } else if (at("[data-panel]")) showSubscriptions(true);
    else if (at("[data-panel-close]")) showSubscriptions(false);
    else if (at("[data-source-close]")) panel.close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("panel-open")) showSubscriptions(false);
  });

  // A new question goes to the top of the view and stays there while its answer grows, so that it is read from the start,
  // until the person scrolls; what asks for the person's word comes into view whole.
  let asked = 0;
  let answered = 0;
  let held = null;
  const release = () => (held = null);
  ["wheel", "touchmove", "keydown"].forEach((kind) => document.addEventListener(kind, release, { passive: true }));
  const follow = () => {
    const questions = document.querySelectorAll(".said");
    const answers = document.querySelectorAll("#thread .answer").length;
    if (questions.length > asked) held = questions.length - 1;
    if (held !== null && questions[held]) questions[held].scrollIntoView({ block: "start", behavior: "instant" });
    if (answers > answered) {
      setTimeout(() => {
        if (!find("#confirm")) return;
        release();
        find("#pending").scrollIntoView({ block: "end", behavior: "smooth" });
      }, 200);
    }
    asked = questions.length;
    answered = answers;
  };
  new MutationObserver(follow).observe(document.documentElement, { childList: true, subtree: true });
})();
