/** The backend and its threads, and why that backend runs. */
import { el, field, option } from "../page/dom.ts";
import type { Page } from "../page/page.ts";
import { strings } from "../page/strings.ts";

export const backendPart = (page: Page): HTMLElement => {
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
    const byItself = page.hasGpu() ? backend.gpu : backend.noGpu;
    const why = page.setting().backend === now.name ? backend.asked : byItself;
    said.textContent = now.name === "wasm" && !crossOriginIsolated ? `${why} ${backend.notIsolated}` : why;
  };
  page.onChange(fill);
  fill();
  return el("div", {}, el("div", { className: "pair" }, field(backend.label, select), threadField), said);
};
