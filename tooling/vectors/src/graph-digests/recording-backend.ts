/** A backend that keeps the bytes of every graph that it is given, and runs none. */
import type { Backend } from "@ropewalk/backend";
import { hostTraits } from "@ropewalk/backend/host";
import { decode } from "@ropewalk/graph";

export type RecordingBackend = {
  readonly backend: Backend;
  /** Gives the graphs that were recorded since the last call. */
  readonly takeGraphs: () => readonly Uint8Array[];
};

/** What a session of this backend throws in place of running. */
const notRun = new Error("recording: graphs are recorded, not run");

/** Awaits a call that records a graph and would then run it. */
export const untilRun = async (call: Promise<unknown>): Promise<void> => {
  try {
    await call;
  } catch (error) {
    if (error !== notRun) throw error;
  }
};

export const recordingBackend = (traits: Partial<Backend> = {}): RecordingBackend => {
  const graphs: Uint8Array[] = [];
  return {
    backend: {
      ...hostTraits,
      bufferTypes: ["float32", "float16", "int8"],
      name: "recording",
      quantizedWeights: "kept",
      stepsPerRun: 1,
      unavailable: async () => undefined,
      ...traits,
      createSession: async (model) => {
        graphs.push(model);
        const { input, output } = decode(model).graph!;
        return {
          inputs: input.map(({ name }) => name),
          outputs: output.map(({ name }) => name),
          run: async () => {
            throw notRun;
          },
          release: async () => {},
        };
      },
    },
    takeGraphs: () => graphs.splice(0),
  };
};
