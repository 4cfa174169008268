/** The left column: the model, the method and its numbers, where it runs, and what that comes to, while a hand drags. */
import { heatMap } from "@ropewalk/charts";
import { plannedCacheBytes } from "@ropewalk/generation";
import { anatomy } from "./layers-of-model.ts";
import { codeOf } from "./pipeline-as-code.ts";
import { el, facts, field, onFrame } from "../page/dom.ts";
import { addressOf, chosen, dropped, folderOf } from "../model/dropped-files.ts";
import { matrixPart } from "./position-matrix.ts";
import { entropyScalings, limits, methods, numbersOf, ropeScalings, type NumberName } from "../setting/methods.ts";
import { bytes, count } from "../page/format-numbers.ts";
import { originOf, type Page } from "../page/page.ts";
import { largestRelative } from "./relative-positions.ts";
import { picture } from "../page/pictures.ts";
import { presets } from "../model/presets/configs.ts";
import { numbersFor } from "../setting/setting.ts";
import type { ModelOrigin } from "../model/model-origin.ts";
import { strings } from "../page/strings.ts";

const option = (value: string, text: string): HTMLOptionElement => el("option", { value }, text);

const choice = (
  rows: Readonly<Record<string, { readonly label: string }>>,
  value: string,
  change: (value: string) => void,
): HTMLSelectElement => {
  const select = el("select", {}, ...Object.entries(rows).map(([name, { label }]) => option(name, label)));
  select.value = value;
  select.addEventListener("change", () => change(select.value));
  return select;
};

const modelPart = (page: Page): HTMLElement => {
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
      // It is said in the page already.
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
      await open(folderOf(await files));
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

const slider = (page: Page, name: NumberName): HTMLElement => {
  const output = el("output", {});
  const input = el("input", { type: "range" });
  const element = field(strings.numbers[name], input, output);
  element.classList.add("slider");
  input.addEventListener("input", () =>
    page.change({ numbers: { ...page.setting().numbers, [name]: Number(input.value) } }),
  );
  page.onChange(() => {
    const trained = page.opened()?.source.decoder.trainedContext ?? 512;
    const { least, most } = limits[name](trained);
    element.hidden = !numbersOf(page.setting()).includes(name);
    Object.assign(input, { min: String(least), max: String(most) });
    input.value = String(numbersFor(page.setting(), trained)[name]);
    output.textContent = count(Number(input.value));
  });
  return element;
};

const backendPart = (page: Page): HTMLElement => {
  const { backend } = strings;
  const select = el("select", {});
  const threads = el("input", { type: "number", min: "1", max: "8" });
  const threadField = field(backend.threads, threads);
  const said = el("p", { className: "told" });
  select.addEventListener("change", () => page.change({ backend: select.value as "wasm" }));
  threads.addEventListener("change", () =>
    page.change({ threads: Math.max(1, Math.floor(Number(threads.value) || 1)) }),
  );
  const fill = (): void => {
    const now = page.backend();
    const gpu = option("webgpu", backend.webgpu);
    gpu.disabled = !page.hasGpu();
    select.replaceChildren(
      gpu,
      option("wasm", backend.wasm(now.name === "wasm" ? now.threads : (page.setting().threads ?? 1))),
    );
    select.value = now.name;
    threads.value = String(now.threads);
    threads.disabled = !crossOriginIsolated;
    threadField.hidden = now.name !== "wasm";
    const why = page.setting().backend === now.name ? backend.asked : page.hasGpu() ? backend.gpu : backend.noGpu;
    said.textContent = now.name === "wasm" && !crossOriginIsolated ? `${why} ${backend.notIsolated}` : why;
  };
  page.onChange(fill);
  fill();
  return el("div", {}, el("div", { className: "pair" }, field(backend.label, select), threadField), said);
};

const resultPart = (page: Page): HTMLElement => {
  const { result } = strings;
  const list = facts({ capacity: result.capacity, cache: result.cache, largest: result.largest });
  const wrong = el("p", { className: "wrong", role: "alert" });
  const notices = el("p", { className: "told" });
  const input = el("input", { type: "range", min: "16" });
  const output = el("output", {});
  const length = field(result.length, input, output);
  length.classList.add("slider");
  input.addEventListener("input", () => page.change({ length: Number(input.value) }));
  const matrix = matrixPart();
  const show = onFrame(() => {
    const assembled = page.assembled();
    if (assembled === undefined) return;
    wrong.textContent = assembled instanceof Error ? assembled.message : "";
    if (assembled instanceof Error) return;
    const { extended } = assembled;
    const { capacity, knownContext, positions } = extended;
    const fits = Number.isFinite(capacity) ? capacity : 4 * knownContext;
    input.max = String(Math.max(fits, 2 * knownContext));
    const tokens = Math.min(page.setting().length ?? fits, Number(input.max));
    input.value = String(tokens);
    output.textContent = strings.model.tokens(tokens);
    const largest = largestRelative(positions, tokens);
    list.set("capacity", Number.isFinite(capacity) ? strings.model.tokens(capacity) : result.unbounded);
    list.set("cache", bytes(plannedCacheBytes(extended, { length: tokens })));
    const isWithin = largest < knownContext;
    list.set("largest", `${count(largest)}, ${isWithin ? result.within : result.beyond}`, isWithin ? "good" : "bad");
    notices.textContent = extended.notices.join(" ");
    matrix.show({ mapping: positions, length: tokens, known: knownContext });
  });
  page.onChange(show);
  return el(
    "div",
    {},
    ...[el("h3", {}, result.label), wrong, list.element, notices, length],
    ...[el("h3", {}, strings.matrix.label), el("p", { className: "about" }, strings.matrix.about), matrix.element],
  );
};

const attentionPart = (page: Page): HTMLElement => {
  const { attention } = strings;
  const layer = el("input", { type: "number", min: "0", value: "0" });
  const drawn = picture("attention", attention.label, page.fail);
  const button = el("button", { type: "button" }, attention.show);
  page.onModel(() => (layer.max = String(page.opened()!.source.decoder.numLayers - 1)));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const model = await page.model("extended");
      const ids = model.text!.encode(page.setting().prompt).slice(0, 256);
      const which = Math.max(0, Math.min(Number(layer.max), Math.floor(Number(layer.value) || 0)));
      const [found] = await model.attentions(ids, { what: "maps", layers: [which] });
      const [heads, size] = [found!.dims[0]!, ids.length];
      const values = Array.from({ length: size * size }, (_, at) => {
        let sum = 0;
        for (let head = 0; head < heads; head++) sum += found!.data[head * size * size + at]!;
        return at % size > Math.floor(at / size) ? Number.NaN : sum / heads;
      });
      const title = attention.title(which);
      const axes = { across: attention.across, down: attention.down, colour: attention.colour };
      const svg = heatMap({ title, rows: size, columns: size, values, ...axes });
      await drawn.show(svg, title, { layer: which, size, values });
    } catch (error) {
      page.fail(error);
    } finally {
      button.disabled = false;
    }
  });
  return el(
    "details",
    {},
    el("summary", {}, attention.label),
    el("p", { className: "about" }, attention.about),
    el("div", { className: "inline" }, field(attention.layer, layer), button),
    drawn.element,
    drawn.buttons,
  );
};

const codePart = (page: Page): HTMLElement => {
  const code = el("code", {});
  const button = el("button", { type: "button", className: "small" }, strings.code.copy);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = strings.code.copied;
      setTimeout(() => (button.textContent = strings.code.copy), 2000);
    } catch {
      page.fail(new Error(strings.errors.noCopy));
    }
  });
  page.onChange(() => {
    const assembled = page.assembled();
    if (assembled !== undefined && !(assembled instanceof Error))
      code.textContent = codeOf(page.origin(), assembled.calls, page.backend(), page.setting());
  });
  const pre = el("pre", { tabIndex: 0, role: "region", "aria-label": strings.code.label }, code);
  return el("details", {}, el("summary", {}, strings.code.label), pre, button);
};

export const assemblePart = (page: Page): readonly HTMLElement[] => {
  const { method, rope, entropy } = page.setting();
  return [
    modelPart(page),
    field(
      strings.method.label,
      choice(methods, method, (value) => page.change({ method: value })),
    ),
    el("div", {}, ...(Object.keys(limits) as NumberName[]).map((name) => slider(page, name))),
    el(
      "div",
      { className: "pair" },
      field(
        strings.method.rope,
        choice(ropeScalings, rope, (value) => page.change({ rope: value })),
      ),
      field(
        strings.method.entropy,
        choice(entropyScalings, entropy, (value) => page.change({ entropy: value })),
      ),
    ),
    backendPart(page),
    resultPart(page),
    attentionPart(page),
    codePart(page),
  ];
};
