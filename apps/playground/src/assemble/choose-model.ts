/** The model: one of a list, dropped or chosen files, or an address; and what is known of it before its weights are loaded. */
import { addressOf, chosen, dropped } from "../model/dropped-files.ts";
import { modelOf } from "../model/model-of-files.ts";
import type { ModelOrigin } from "../model/model-origin.ts";
import { presets } from "../model/presets/configs.ts";
import { el, facts, field, option } from "../page/dom.ts";
import { bytes, count } from "../page/format-numbers.ts";
import { originOf, type Page } from "../page/page.ts";
import { strings } from "../page/strings.ts";
import { anatomy } from "./layers-of-model.ts";

export const modelPart = (page: Page): HTMLElement => {
  const { model } = strings;
  const others = el("optgroup", { label: model.others, hidden: true });
  const select = el(
    "select",
    {},
    el(
      "optgroup",
      { label: model.shipped },
      ...["stories260K", "passkey-875k"].map((name) => option(name, model.names[name]!)),
    ),
    el("optgroup", { label: model.presets }, ...presets.map(({ name }) => option(name, model.names[name]!))),
    others,
  );
  const state = el("p", { className: "told", role: "status" });
  const kept = new Map<string, ModelOrigin>();
  const open = async (origin: ModelOrigin): Promise<void> => {
    state.textContent = model.opening;
    try {
      await page.openOrigin(origin);
    } catch {
      // The page shows the error already.
    } finally {
      state.textContent = "";
      showChosen();
    }
  };
  const showChosen = (): void => {
    const origin = page.origin();
    const name = origin.kind === "url" ? origin.href : origin.name;
    if (origin.kind === "files" || origin.kind === "url") {
      kept.set(name, origin);
      others.hidden = false;
      if (![...others.children].some((each) => (each as HTMLOptionElement).value === name))
        others.append(option(name, name));
    }
    select.value = name;
  };
  select.addEventListener("change", () => void open(kept.get(select.value) ?? originOf(select.value)));
  const openFiles = async (files: Promise<ReturnType<typeof chosen>> | ReturnType<typeof chosen>): Promise<void> => {
    try {
      await open(modelOf(await files));
    } catch (error) {
      page.fail(error);
    }
  };
  const chooser = (folder: boolean, text: string): HTMLElement => {
    const input = el("input", { type: "file", multiple: true, hidden: true, "aria-label": text });
    if (folder) input.setAttribute("webkitdirectory", "");
    input.addEventListener("change", () => {
      if (input.files!.length > 0) void openFiles(chosen(input.files!));
      input.value = "";
    });
    return el(
      "span",
      {},
      input,
      el("button", { type: "button", className: "link", onclick: () => input.click() }, text),
    );
  };
  const zone = el(
    "div",
    { className: "drop" },
    `${model.drop} `,
    chooser(true, model.folder),
    " · ",
    chooser(false, model.files),
  );
  for (const type of ["dragenter", "dragover"])
    zone.addEventListener(type, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    void openFiles(dropped(event.dataTransfer!));
  });
  const address = el("input", { type: "text", autocomplete: "off", spellcheck: false });
  const form = el(
    "form",
    {
      className: "inline",
      onsubmit: (event: Event) => {
        event.preventDefault();
        try {
          void open({ kind: "url", href: addressOf(address.value) });
        } catch (error) {
          page.fail(error);
        }
      },
    },
    field(model.address, address),
    el("button", { type: "submit" }, model.load),
  );
  const list = facts(model.facts);
  const picture_ = el("div", {});
  page.onModel(() => {
    const { source } = page.opened()!;
    const { decoder } = source;
    list.set("family", source.family ?? model.exported);
    list.set("layers", count(decoder.numLayers));
    list.set("heads", model.headsOf(decoder.numHeads, decoder.numKvHeads, decoder.headDim));
    list.set("rope", model.ropeOf(decoder.rope.rotaryDim, decoder.headDim, decoder.rope.theta));
    list.set("window", model.tokens(decoder.trainedContext));
    list.set("bytes", bytes(source.bytes));
    picture_.replaceChildren(anatomy(source));
    showChosen();
  });
  const element = el("div", {}, field(model.label, select), state, list.element, picture_, zone, form);
  void open(page.origin());
  return element;
};
