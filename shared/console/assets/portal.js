// <grapnel-portal src="…"></grapnel-portal>: the pages of a portal link within a page of yours, as high as they are. Optional: a
// plain iframe with the link's address works too, with a fixed height.
"use strict";

// The element's own script says where the console is: nothing else is believed about it.
const GRAPNEL = new URL(document.currentScript.src);
const CONSOLE = new URL("../", GRAPNEL);

// Pages are never lower, so that something is seen while they load, and no page can take the reader's whole window for ever.
const LEAST_PX = 120;
const MOST_PX = 20000;

class GrapnelPortal extends HTMLElement {
  static observedAttributes = ["src"];

  // A function that answers the address of a new link, or a promise of it. Asked when the element is shown.
  link = null;

  #frame = null;
  #hear = (event) => this.#heard(event);

  connectedCallback() {
    this.#frame = document.createElement("iframe");
    this.#frame.title = this.getAttribute("title") ?? "Webhooks";
    this.#frame.style.cssText = `display:block;width:100%;border:0;height:${LEAST_PX}px`;
    // Each page of the frame is greeted, and tells its height to who greets.
    this.#frame.addEventListener("load", () => this.#greet());
    addEventListener("message", this.#hear);
    this.replaceChildren(this.#frame);
    this.open();
  }

  disconnectedCallback() {
    removeEventListener("message", this.#hear);
    this.#frame?.remove();
    this.#frame = null;
  }

  attributeChangedCallback() {
    if (this.#frame) this.open();
  }

  // Opens the link of `src`, or a new one from `link`.
  async open() {
    try {
      const address = this.getAttribute("src") ?? (await this.link?.());
      if (!address || !this.#frame) return;
      const url = new URL(address, location.href);
      // Only the console that this script comes from: another address would get the token.
      if (url.origin !== CONSOLE.origin || !url.pathname.startsWith(CONSOLE.pathname)) {
        throw new Error(`${url.origin} is not the console that this script is from`);
      }
      this.#frame.src = url.href;
    } catch (error) {
      this.dispatchEvent(new CustomEvent("grapnel-error", { detail: error, bubbles: true }));
    }
  }

  #greet() {
    this.#frame?.contentWindow?.postMessage({ type: "grapnel:hello" }, CONSOLE.origin);
  }

  #heard(event) {
    if (event.origin !== CONSOLE.origin || event.source !== this.#frame?.contentWindow) return;
    if (event.data?.type !== "grapnel:height" || !Number.isFinite(event.data.height)) return;
    const height = Math.min(Math.max(Math.ceil(event.data.height), LEAST_PX), MOST_PX);
    this.#frame.style.height = `${height}px`;
  }
}

customElements.define("grapnel-portal", GrapnelPortal);
