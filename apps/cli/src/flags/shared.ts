/** The flags that most commands share: the extension, the backend, and how weights and cache are kept. */
import { firstAvailable, type Backend } from "@ropewalk/backend";
import { cpu, cuda } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { webgpu } from "@ropewalk/backend-webgpu";
import { cachePrecisions, type CachePrecision } from "@ropewalk/decoder";
import { precisionNames, type Precision } from "@ropewalk/models";
import { Option, type Command } from "commander";
import type { After } from "./after.ts";
import { adapterOption, type AdapterFlag } from "./adapter.ts";
import { withExtensionOptions, type ExtensionOptions } from "./extension.ts";
import type { Method } from "../methods/methods.ts";
import { notice } from "../terminal/notice.ts";
import { number } from "./parse-numbers.ts";

export type BackendName = "cpu" | "cuda" | "wasm" | "webgpu";

type BackendOptions = { readonly threads?: number; readonly precision?: Backend["precision"] };

const precisions: readonly Backend["precision"][] = ["float32", "float16"];

/** Makes a backend from the one flag that it reads, and refuses the others. */
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

export const backendNames = Object.keys(backends) as readonly BackendName[];

/** `auto` stands for the first of these that can run here. */
const automatic: readonly Backend[] = [cuda(), cpu()];

/** Replaces `auto` by the name of a backend, and says which, before a command runs. */
const chooseBackend = async (_: Command, command: Command): Promise<void> => {
  const asked = command.getOptionValue("backend");
  if (asked === "auto") command.setOptionValue("backend", (await firstAvailable(automatic, notice)).name);
};

export type SharedOptions = ExtensionOptions & {
  readonly trainedContext?: number;
  readonly backend: BackendName;
  readonly threads?: number;
  readonly precision?: Backend["precision"];
  readonly quantize?: Precision;
  readonly adapter?: readonly AdapterFlag[];
  readonly cache?: CachePrecision;
  readonly after?: After;
  readonly json?: boolean;
};

/** @throws RangeError when a flag that counts is no positive integer */
export const checkCount = (command: string, flag: string, value: number): number => {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${command}: ${flag} must be a positive integer, got ${value}`);
  return value;
};

/** Adds the flags that say where a model runs. */
const withBackend = (command: Command): Command =>
  command
    .addOption(new Option("--backend <backend>", "where it runs").choices([...backendNames, "auto"]).default("cpu"))
    .option("--threads <n>", "threads of one run; absent: the backend decides", number)
    .addOption(
      new Option(
        "--precision <precision>",
        "the precision of weights and cache on a GPU (webgpu); absent: float32",
      ).choices(precisions),
    )
    .hook("preAction", chooseBackend);

/** Adds the backend's flags to a command whose file states the rest. */
export const withBackendOptions = (command: Command): Command => {
  command.setOptionValueWithSource("fallback", "none", "implied");
  return withBackend(command.option("--json", "print JSON and nothing else").optionsGroup("How it runs:"));
};

/** Adds the flags that choose an extension, and where a model runs. A command may have another default method, and name it in its own words. */
export const withRunOptions = (command: Command, fallback: Method = "none", absent?: string): Command =>
  withBackend(
    withExtensionOptions(command.option("--json", "print JSON and nothing else"), fallback, absent)
      .optionsGroup("How it runs:")
      .option("--trained-context <L>", "the window the model was trained on; absent: as its config says", number),
  );

/** Adds the flags of `withRunOptions`, and those that say how weights and cache are kept. */
export const withSharedOptions = (command: Command, fallback: Method = "none", absent?: string): Command =>
  withRunOptions(command, fallback, absent)
    .addOption(
      new Option(
        "--quantize <precision>",
        "round the weights when they are loaded; absent: as they are stored",
      ).choices(precisionNames),
    )
    .addOption(adapterOption("an adapter (LoRA) beside the weights, as PEFT writes it"))
    .addOption(
      new Option(
        "--cache <precision>",
        "how keys and values behind the window are kept; absent: in the backend's precision",
      ).choices(cachePrecisions),
    );

export const backendFrom = ({ backend, threads, precision }: SharedOptions): Backend =>
  backends[backend]({
    ...(threads === undefined ? {} : { threads }),
    ...(precision === undefined ? {} : { precision }),
  });
