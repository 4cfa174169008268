/** Sessions of runtimes that take and give tensors on the host, wrapped as sessions of a backend. */
import { runChecks, type Session } from "./backend.ts";
import { asHost } from "./host-buffer.ts";
import type { HostTensor } from "./tensor.ts";
import { untilReleased } from "./until-released.ts";

type RuntimeTensor = Pick<HostTensor, "dims"> & { readonly type: string; readonly data: unknown };

/** The part of a runtime's session that is used; onnxruntime-node and onnxruntime-web both have this shape. */
export type RuntimeSession = {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly run: (feeds: never, fetches: string[]) => Promise<Readonly<Record<string, RuntimeTensor>>>;
  readonly release: () => Promise<void>;
};

/** A runtime's error message, on one line and without its source positions. */
export const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0]!.replace(/\/\S+\.(cc|h):\d+ \S+ /g, "");

/** The reason why a runtime cannot be loaded, in words; undefined if it can. */
export const whyNotLoaded = (runtime: string, load: () => Promise<unknown>): Promise<string | undefined> =>
  load().then(
    () => undefined,
    (error: unknown) => `${runtime} cannot be loaded: ${reason(error)}`,
  );

/**
 * Wraps a runtime's session.
 *
 * @param name - the backend's name, for errors
 * @param load - makes the session; if it fails, the error says that the graph could not be loaded
 * @param toRuntime - makes the runtime's tensor from a host tensor
 */
export const hostSession = async (
  name: string,
  load: () => Promise<RuntimeSession>,
  toRuntime: (tensor: HostTensor) => unknown,
): Promise<Session> => {
  const failed = (what: string) => (error: unknown) => {
    throw new Error(`${name}: the graph could not be ${what}: ${reason(error)}`, { cause: error });
  };
  const session = await load().catch(failed("loaded"));
  const { inputNames: inputs, outputNames: outputs } = session;
  const checkRun = runChecks(name, { inputs, outputs });
  return untilReleased(name, {
    inputs,
    outputs,
    run: async (feeds, fetches) => {
      checkRun(feeds, fetches);
      const values = Object.fromEntries(inputs.map((input) => [input, toRuntime(asHost(name, feeds[input]!))]));
      const results = await session
        .run(values as never, [...fetches.read, ...(fetches.keep ?? [])])
        .catch(failed("run"));
      return Object.fromEntries(
        Object.entries(results).map(([output, { type, dims, data }]) => [
          output,
          { place: "host", type, dims, data } as HostTensor,
        ]),
      );
    },
    release: () => session.release(),
  });
};
