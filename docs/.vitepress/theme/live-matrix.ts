/** A matrix of queries and keys that the reader sets by numbers and reads cell by cell, by pointer or by arrow keys. */
import { useData } from "vitepress";
import { computed, defineComponent, h, onMounted, reactive, ref, useId, watch, type PropType, type VNode } from "vue";
import { amount, kind, ramp, type Shade } from "./colours.ts";
import { matrices } from "./matrices/index.ts";
import type { Control, Drawn, Matrix, Settings } from "./matrices/matrix.ts";

type Cell = { readonly i: number; readonly j: number };

const initial = (matrix: Matrix): Record<string, number | string> =>
  Object.fromEntries(Object.entries(matrix.controls).map(([name, { value }]) => [name, value]));

/** The matrix, or what is wrong with the numbers, in words. */
const drawn = (matrix: Matrix, settings: Settings): Drawn | string => {
  try {
    return matrix.draw(settings);
  } catch (error) {
    return (error as Error).message;
  }
};

const colourOf = (shade: Shade, { kinds, most }: Drawn, value: number): string =>
  kinds === undefined ? amount(shade, value / most) : kind(shade, value);

/** As many pixels as there are cells, times a whole number, so that cells are equally large. */
const paint = (canvas: HTMLCanvasElement, shade: Shade, picture: Drawn, cell: Cell | undefined): void => {
  const { numTokens, values } = picture;
  const wide = canvas.clientWidth * Math.min(3, window.devicePixelRatio);
  const side = Math.max(2, Math.round(wide / numTokens));
  canvas.width = canvas.height = side * numTokens;
  const context = canvas.getContext("2d")!;
  const gap = side >= 8 ? 1 : 0;
  values.forEach((value, at) => {
    if (Number.isNaN(value)) return;
    context.fillStyle = colourOf(shade, picture, value);
    context.fillRect((at % numTokens) * side, Math.floor(at / numTokens) * side, side - gap, side - gap);
  });
  if (cell === undefined) return;
  context.strokeStyle = shade === "dark" ? "#ffd166" : "#b3261e";
  context.lineWidth = Math.max(2, side / 5);
  context.strokeRect(cell.j * side, cell.i * side, side - gap, side - gap);
};

export const LiveMatrix = defineComponent({
  name: "LiveMatrix",
  props: { of: { type: String as PropType<keyof typeof matrices>, required: true } },
  setup: (props) => {
    const matrix: Matrix = matrices[props.of];
    const settings = reactive(initial(matrix));
    const { isDark } = useData();
    /** A page is built light; what is dark is drawn when it runs. */
    const running = ref(false);
    const shade = computed<Shade>(() => (running.value && isDark.value ? "dark" : "light"));
    const result = computed(() => drawn(matrix, { ...settings }));
    /** The last that could be drawn stays while numbers contradict each other. */
    const shown = ref<Drawn>();
    const cell = ref<Cell>();
    const canvas = ref<HTMLCanvasElement>();
    const id = useId();
    watch(
      result,
      (picture) => {
        if (typeof picture === "string") return;
        shown.value = picture;
        const last = picture.numTokens - 1;
        if (cell.value) cell.value = { i: Math.min(cell.value.i, last), j: Math.min(cell.value.j, cell.value.i, last) };
      },
      { immediate: true },
    );

    const redraw = (): void => {
      if (canvas.value && shown.value) paint(canvas.value, shade.value, shown.value, cell.value);
    };
    onMounted(() => {
      running.value = true;
      redraw();
      new ResizeObserver(redraw).observe(canvas.value!);
    });
    watch([shown, shade, cell], redraw, { flush: "post" });

    const point = (event: PointerEvent): void => {
      const box = canvas.value!.getBoundingClientRect();
      const at = (offset: number, size: number): number =>
        Math.max(0, Math.min(shown.value!.numTokens - 1, Math.floor((offset / size) * shown.value!.numTokens)));
      const [i, j] = [at(event.clientY - box.top, box.height), at(event.clientX - box.left, box.width)];
      cell.value = j <= i ? { i, j } : undefined;
    };
    const steps: Readonly<Record<string, readonly [down: number, right: number]>> = {
      ...{ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] },
    };
    const step = (event: KeyboardEvent): void => {
      const [down, right] = steps[event.key] ?? [];
      if (down === undefined || right === undefined) return;
      event.preventDefault();
      const last = shown.value!.numTokens - 1;
      const { i, j } = cell.value ?? { i: last, j: 0 };
      const row = Math.max(0, Math.min(last, i + down));
      cell.value = { i: row, j: Math.max(0, Math.min(row, j + right)) };
    };

    const field = ([name, control]: readonly [string, Control]): VNode | undefined => {
      const label = h("label", { for: `${id}-${name}` }, control.label);
      if (control.kind === "choice")
        return h("div", { key: name, class: "field" }, [
          label,
          h(
            "select",
            {
              id: `${id}-${name}`,
              onChange: (event: Event) => void (settings[name] = (event.target as HTMLSelectElement).value),
            },
            Object.entries(control.options).map(([value, text]) =>
              h("option", { key: value, value, selected: value === settings[name] }, text),
            ),
          ),
        ]);
      if (control.when?.(settings) === false) return undefined;
      return h("div", { key: name, class: "field" }, [
        label,
        h("output", { for: `${id}-${name}` }, String(settings[name])),
        h("input", {
          ...{ id: `${id}-${name}`, type: "range", min: control.least, max: control.most, step: control.step ?? 1 },
          value: settings[name],
          onInput: (event: Event) => void (settings[name] = Number((event.target as HTMLInputElement).value)),
        }),
      ]);
    };

    const legend = ({ kinds, most }: Drawn): VNode =>
      kinds === undefined
        ? h("div", { class: "legend" }, [
            h("span", "0"),
            h("span", { class: "ramp", style: { background: ramp(shade.value) } }),
            h("span", String(Number(most.toFixed(2)))),
            h("span", { class: "what" }, matrix.colour),
          ])
        : h("div", { class: "legend" }, [
            ...kinds.map((name, index) =>
              h("span", { key: name, class: "kind" }, [
                h("i", { style: { background: kind(shade.value, index) } }),
                name,
              ]),
            ),
            h("span", { class: "what" }, matrix.colour),
          ]);

    const reading = (picture: Drawn): string => {
      if (cell.value === undefined) return "Point at a cell, or move by arrow keys: rows are queries, columns keys.";
      const { i, j } = cell.value;
      return `query ${i}, key ${j}: ${picture.say(picture.values[i * picture.numTokens + j]!, i, j)}`;
    };

    return () => {
      const picture = shown.value!;
      const problem = typeof result.value === "string" ? result.value : undefined;
      return h("figure", { class: "live-matrix" }, [
        h("div", { class: "controls" }, Object.entries(matrix.controls).map(field)),
        h("div", { class: "picture" }, [
          h("canvas", {
            ...{ ref: canvas, tabindex: 0, role: "img", width: 1, height: 1 },
            "aria-label": `${matrix.colour}, by query and key`,
            "aria-describedby": `${id}-reading`,
            ...{
              onPointermove: point,
              onPointerdown: point,
              onPointerleave: () => void (cell.value = undefined),
              onKeydown: step,
            },
          }),
        ]),
        h("figcaption", [
          legend(picture),
          h(
            "p",
            { id: `${id}-reading`, class: { reading: true, problem }, "aria-live": "polite" },
            problem ?? reading(picture),
          ),
          h(
            "dl",
            picture.facts.map(([name, value]) => h("div", { key: name }, [h("dt", name), h("dd", value)])),
          ),
        ]),
      ]);
    };
  },
});
