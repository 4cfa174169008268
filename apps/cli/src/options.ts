/** The flags that every command shares, and what they mean: a backend and an extension. */
import { firstAvailable, type Backend } from "@ropewalk/backend";
import { cpu, cuda } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { webgpu } from "@ropewalk/backend-webgpu";
import { cachePrecisions, compose, logN, type CachePrecision, type ContextExtension } from "@ropewalk/decoder";
import { precisionNames, type Precision } from "@ropewalk/models";
import { InvalidArgumentError, Option, type Command } from "commander";
import { methods, type Method, type MethodRow, type Numbers } from "./methods.ts";
import { notice } from "./notice.ts";

export type Entropy = "none" | "log-n";

const entropies: Readonly<Record<Entropy, (trainedContext: number) => ContextExtension>> = {
  none: () => ({}),
  "log-n": (trainedContext) => logN({ trainedContext }),
};

export type BackendName = "cpu" | "cuda" | "wasm" | "webgpu";

type BackendOptions = { readonly threads?: number; readonly precision?: Backend["precision"] };

const precisions: readonly Backend["precision"][] = ["float32", "float16"];

/** A backend with the flags that it reads; any other is refused. */
const reading =
  (name: BackendName, flag: keyof BackendOptions | undefined, backend: (options: BackendOptions) => Backend) =>
  (options: BackendOptions): Backend => {
    for (const [other, value] of Object.entries(options))
      if (other !== flag) throw new RangeError(`--${other} is not read by --backend ${name}, got ${value}`);
    return backend(options);
  };

const backends: Readonly<Record<BackendName, (options: BackendOptions) => Backend>> = {
  cpu: reading("cpu", "threads", cpu),
  cuda: reading("cuda", undefined, () => cuda()),
  wasm: reading("wasm", "threads", wasm),
  webgpu: reading("webgpu", "precision", webgpu),
};

/** `auto` stands for the first of these that can run here. */
const automatic: readonly Backend[] = [cuda(), cpu()];

/** Puts the name of a backend in the place of `auto`, and says which, before a command runs. */
const chooseBackend = async (_: Command, command: Command): Promise<void> => {
  const asked = command.getOptionValue("backend");
  if (asked === "auto") command.setOptionValue("backend", (await firstAvailable(automatic, notice)).name);
};

export type SharedOptions = {
  readonly method: Method;
  readonly groupSize?: number;
  readonly window?: number;
  readonly entropy: Entropy;
  readonly trainedContext?: number;
  readonly backend: BackendName;
  readonly threads?: number;
  readonly precision?: Backend["precision"];
  readonly quantize?: Precision;
  readonly cache?: CachePrecision;
  readonly json?: boolean;
};

/** A method and its entropy scaling in a word: none, self-extend+log-n. */
export const nameOf = ({ method, entropy }: Pick<SharedOptions, "method" | "entropy">): string =>
  entropy === "none" ? method : `${method}+${entropy}`;

/** A number as it stands; the functions it is handed to know its rule and name it. */
export const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError(`must be a number, got ${text}`);
  return value;
};

/** Numbers by comma. */
export const numberList = (text: string): readonly number[] => text.split(",").map(number);

/** @throws RangeError when a flag that counts is no positive integer */
export const checkCount = (command: string, flag: string, value: number): number => {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${command}: ${flag} must be a positive integer, got ${value}`);
  return value;
};

const choice = (flag: string, what: string, table: object, fallback: string): Option =>
  new Option(flag, what).choices(Object.keys(table)).default(fallback);

/** Adds the flags that choose an extension. */
export const withExtensionOptions = (command: Command, method: Method): Command =>
  command
    .addOption(choice("--method <method>", "which relative positions", methods, method))
    .option("--group-size <G>", "tokens that share a far position; absent: chosen for the length", number)
    .option("--window <W>", "tokens with exact positions; absent: chosen for the length", number)
    .addOption(choice("--entropy <entropy>", "how queries scale with position", entropies, "none"));

/** Adds the shared flags; a command may have another default method. */
export const withSharedOptions = (command: Command, method: Method = "none"): Command =>
  withExtensionOptions(command, method)
    .option("--trained-context <L>", "the window the model was trained on; absent: as its config says", number)
    .addOption(choice("--backend <backend>", "where it runs", { ...backends, auto: automatic }, "cpu"))
    .option("--threads <n>", "threads of one run; absent: as many as the backend likes", number)
    .addOption(
      new Option(
        "--precision <precision>",
        "what weights and cache are held in on a GPU (webgpu); absent: float32",
      ).choices(precisions),
    )
    .addOption(
      new Option(
        "--quantize <precision>",
        "round the weights when they are loaded; absent: as they are stored",
      ).choices(precisionNames),
    )
    .addOption(
      new Option(
        "--cache <precision>",
        "how keys and values behind the window are kept; absent: in the backend's precision",
      ).choices(cachePrecisions),
    )
    .option("--json", "print JSON and nothing else")
    .hook("preAction", chooseBackend);

export const backendFrom = ({ backend, threads, precision }: SharedOptions): Backend =>
  backends[backend]({
    ...(threads === undefined ? {} : { threads }),
    ...(precision === undefined ? {} : { precision }),
  });

/** What the flags ask of a method, and for which run. */
export type Request = Pick<SharedOptions, "method" | "groupSize" | "window"> & {
  readonly trainedContext: number;
  readonly length: number;
};

const flags: Readonly<Record<keyof Numbers, string>> = { groupSize: "--group-size", window: "--window" };

/** @throws RangeError when a flag is given that the method does not read. */
const rowOf = ({ method, ...asked }: Request): MethodRow => {
  const row: MethodRow = methods[method];
  for (const name of ["groupSize", "window"] as const)
    if (asked[name] !== undefined && !row.reads.includes(name))
      throw new RangeError(`${flags[name]} is not read by --method ${method}, got ${asked[name]}`);
  return row;
};

/** G and W of a method that has them, as given or as chosen for the length. */
export const numbersFrom = (request: Request): Numbers => rowOf(request).choose(request);

/** The extension that the flags ask for. */
export const extensionFrom = (request: Request & Pick<SharedOptions, "entropy">): ContextExtension =>
  compose(rowOf(request).extension(request), entropies[request.entropy](request.trainedContext));
