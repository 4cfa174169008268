/** The choices of the page as a program, to copy. */
import type { MethodCall } from "@ropewalk/context-extension/methods";
import type { ModelOrigin } from "../model/model-origin.ts";
import type { BackendSetting } from "../model/engine.ts";
import type { Setting } from "../setting/setting.ts";
import { presets } from "../model/presets/configs.ts";
import { el } from "../page/dom.ts";
import type { Page } from "../page/page.ts";
import { strings } from "../page/strings.ts";

const imported = (names: readonly string[], from: string): string =>
  names.length === 0 ? "" : `import { ${names.join(", ")} } from ${JSON.stringify(`@ropewalk/${from}`)};\n`;

const literal = (value: object): string =>
  `{ ${Object.entries(value)
    .map(([key, each]) => `${key}: ${JSON.stringify(each)}`)
    .join(", ")} }`;

const sourceOf = (origin: ModelOrigin): { readonly imports: string; readonly text: string; readonly note?: string } => {
  if (origin.kind === "url") return { imports: "", text: `new URL(${JSON.stringify(origin.href)})` };
  if (origin.kind === "files") {
    const path = /\.gguf$/i.test(origin.name) ? origin.name : `${origin.name}/`;
    return { imports: "", text: `new URL(${JSON.stringify(`/models/${path}`)}, location.href)` };
  }
  const preset = presets.find(({ name }) => name === origin.name);
  if (preset === undefined) {
    const name = origin.name === "stories260K" ? origin.name : "passkey875k";
    return {
      imports: imported(["openUrl"], "models") + imported([name], "tiny-models"),
      text: `await openUrl(${name})`,
    };
  }
  return {
    imports: "",
    text: `new URL("/models/my-${String(preset.config["model_type"])}/", location.href)`,
    note: `// Any checkpoint of the family; this one is random, of config.json\n// ${JSON.stringify(preset.config)}\n`,
  };
};

const codeOf = (
  origin: ModelOrigin,
  calls: readonly MethodCall[],
  backend: BackendSetting,
  setting: Setting,
): string => {
  const source = sourceOf(origin);
  const made = calls.map(({ make, config }) => `${make}(${literal(config)})`);
  const names = [...new Set(calls.map(({ make }) => make)), ...(made.length > 1 ? ["compose"] : [])].toSorted();
  const [only = ""] = made;
  const extension = made.length > 1 ? `compose(\n  ${made.join(",\n  ")},\n)` : only;
  const where =
    backend.name === "webgpu" || backend.threads === 1 ? `${backend.name}()` : `wasm({ threads: ${backend.threads} })`;
  const sampling =
    setting.temperature === 0 ? "" : `, sampling: { kind: "sample", temperature: ${setting.temperature}, seed: 1 }`;
  return (
    imported([backend.name], `backend-${backend.name}`) +
    imported(names, "context-extension") +
    imported(["loadModel"], "generation") +
    `${source.imports}\n${source.note ?? ""}` +
    (extension ? `const extension = ${extension};\n` : "") +
    `const model = await loadModel(${source.text}, { backend: ${where}${extension ? ", extension" : ""} });\n` +
    `const options = { maxNewTokens: ${setting.newTokens}${sampling} };\n` +
    `for await (const text of model.generate(${JSON.stringify(setting.prompt.slice(0, 60))}, options)) console.log(text);\n`
  );
};

/** The program on the page, with a button that copies it. */
export const codePart = (page: Page): HTMLElement => {
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
