/** The choices of the page, as a value and as the hash of its address. */
import { entropyScalings, limits, methods, ropeScalings, type NumberName, type Numbers } from "./methods.ts";

export type Setting = {
  readonly model: string;
  readonly method: string;
  readonly rope: string;
  readonly entropy: string;
  /** The numbers whose sliders were moved. */
  readonly numbers: Readonly<Partial<Record<NumberName, number>>>;
  /** Tokens that the matrix and the cache are shown for; absent: the capacity. */
  readonly length?: number;
  /** Absent: WebGPU if the browser has it. */
  readonly backend?: "webgpu" | "wasm";
  readonly threads?: number;
  readonly prompt: string;
  readonly newTokens: number;
  readonly temperature: number;
};

const first: Setting = {
  model: "stories260K",
  method: "self-extend",
  rope: "none",
  entropy: "none",
  numbers: {},
  prompt: "Once upon a time",
  newTokens: 200,
  temperature: 0.8,
};

const texts = ["model", "method", "rope", "entropy", "prompt"] as const;
const amounts = ["length", "threads", "newTokens", "temperature"] as const;
const names = Object.keys(limits) as readonly NumberName[];

export const toHash = (setting: Setting): string => {
  const all = new URLSearchParams();
  for (const key of [...texts, ...amounts, "backend"] as const) {
    const value = setting[key];
    if (value !== undefined && value !== first[key]) all.set(key, String(value));
  }
  for (const name of names) if (setting.numbers[name] !== undefined) all.set(name, String(setting.numbers[name]));
  return all.toString();
};

const known = (value: string, rows: object, otherwise: string): string =>
  Object.hasOwn(rows, value) ? value : otherwise;

/** The setting of an address. Unknown names and bad numbers are ignored, since addresses are typed by hand too. */
export const fromHash = (hash: string): Setting => {
  const all = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (key: string): number | undefined => {
    const value = Number(all.get(key) ?? Number.NaN);
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const entries = names.map((name) => [name, number(name)] as const).filter(([, value]) => value !== undefined);
  const [length, threads] = [number("length"), number("threads")];
  const backend = all.get("backend");
  return {
    ...first,
    model: all.get("model") ?? first.model,
    method: known(all.get("method") ?? first.method, methods, first.method),
    rope: known(all.get("rope") ?? first.rope, ropeScalings, first.rope),
    entropy: known(all.get("entropy") ?? first.entropy, entropyScalings, first.entropy),
    numbers: Object.fromEntries(entries),
    prompt: all.get("prompt") ?? first.prompt,
    newTokens: Math.max(1, Math.floor(number("newTokens") ?? first.newTokens)),
    temperature: number("temperature") ?? first.temperature,
    ...(length !== undefined && { length: Math.max(1, Math.floor(length)) }),
    ...(threads !== undefined && { threads: Math.max(1, Math.floor(threads)) }),
    ...((backend === "webgpu" || backend === "wasm") && { backend }),
  };
};

/** Every number of the setting, kept inside the limits for the model. */
export const numbersFor = ({ numbers }: Setting, trainedContext: number): Numbers =>
  Object.fromEntries(
    names.map((name) => {
      const { least, most, first: start } = limits[name](trainedContext);
      return [name, Math.min(most, Math.max(least, Math.round(numbers[name] ?? start)))];
    }),
  ) as Numbers;
