/** ONNX Runtime on an NVIDIA GPU, in Node, on Linux x64 with CUDA 12. Tensors cross the bus at every run. */
import type { Backend } from "@ropewalk/backend";
import { hostTraits } from "@ropewalk/backend/host";
import { checkKeys, checkNumber } from "@ropewalk/check";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { library, missingProvider, problemIn } from "./cuda-problems.ts";
import { createSession } from "./session.ts";

export type CudaOptions = {
  /** Which GPU, as CUDA counts them. Default 0. */
  readonly deviceId?: number;
};

/** The path of the provider's library, whether or not it is installed. */
const providerPath = (): string =>
  join(dirname(createRequire(import.meta.url).resolve("onnxruntime-node")), "../bin/napi-v6/linux/x64", library);

const missing = (): string | undefined => {
  const { platform, arch } = process;
  return missingProvider({ platform, arch, installed: existsSync(providerPath()) });
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The loader's error for a library. If the library can be loaded, the error says that it is no addon of Node, which means nothing here. */
export const loaderSays = (path: string): string => {
  try {
    process.dlopen({ exports: {} }, path);
    return "";
  } catch (error) {
    return messageOf(error);
  }
};

/** A model of one node, -x, to see whether a session can be made at all. */
export const probe: Uint8Array = Buffer.from(
  "CAoSCHJvcGV3YWxrOjwKEQoBeBIBeRoEL05lZyIDTmVnEgVwcm9iZVoPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBU=",
  "base64",
);

/** How many tokens are decoded in one run: the cache crosses the bus once for all of them. */
const stepsPerRun = 32;

/**
 * An NVIDIA GPU. The GPU is not looked for before a session is made or `unavailable` is called. If something is missing, the error
 * says how to get it.
 *
 * @throws RangeError when `deviceId` is not a non-negative integer, TypeError for a value of another type and an unknown key
 */
export const cuda = (options: CudaOptions = {}): Backend => {
  checkKeys<CudaOptions>("cuda", "options", options, { deviceId: true });
  const { deviceId = 0 } = options;
  checkNumber("cuda", "deviceId", deviceId, Number.isInteger(deviceId) && deviceId >= 0, "a non-negative integer");
  const sessionOf: Backend["createSession"] = async (model, externalData) => {
    const problem = missing();
    if (problem !== undefined) throw new Error(`cuda: ${problem}`);
    const settings = { executionProviders: [{ name: "cuda", deviceId }] };
    return createSession("cuda", settings, model, externalData).catch((error: unknown) => {
      const message = messageOf(error);
      const said = /Failed to load/.test(message) ? `${message} ${loaderSays(providerPath())}` : message;
      const known = problemIn(said, deviceId);
      throw known === undefined ? error : new Error(`cuda: ${known}`, { cause: error });
    });
  };
  return {
    name: "cuda",
    quantizedWeights: "kept",
    ...hostTraits,
    stepsPerRun,
    createSession: sessionOf,
    unavailable: () =>
      sessionOf(probe).then(
        (session) => session.release().then(() => undefined),
        (error: unknown) => messageOf(error).replace(/^cuda: /, ""),
      ),
  };
};
