/**
 * A graph that is cut, as one session. Its segments are sessions of the runtime, and between them cut nodes are run. Values that pass a cut
 * stay on the device, and are freed after the last step that reads them.
 */
import type { HostTensor } from "@ropewalk/backend";
import { encode, type ModelProto } from "@ropewalk/graph";
import type { DeviceSession, Placed } from "../device.ts";
import type { CutNode, Segment } from "./cut-model.ts";

type Held<Memory> = HostTensor | Placed<Memory>;

/** What a cut session needs of a device. */
export type CutDevice<Memory> = {
  readonly openGraph: (model: Uint8Array) => Promise<DeviceSession<Memory>>;
  /** Makes a cut node ready: gives the function that runs it, on its inputs in their order. */
  readonly prepare: (node: CutNode["node"]) => (inputs: readonly Held<Memory>[]) => Promise<Placed<Memory>>;
  /** Brings a tensor of the host to the device. */
  readonly upload: (tensor: HostTensor) => Placed<Memory>;
  readonly free: (memory: Memory) => void;
  /** Frees what `prepare` and its functions hold. */
  readonly release: () => void;
};

type Values<Memory> = Map<string, Held<Memory>>;

/** One step of a run. Puts what it gives into the values. */
type Ready<Memory> = Pick<Segment, "reads" | "gives"> & {
  readonly run: (values: Values<Memory>, wanted: ReadonlySet<string>) => Promise<void>;
};

const segmentStep = <Memory>({ reads, gives }: Segment, session: DeviceSession<Memory>): Ready<Memory> => ({
  reads,
  gives,
  run: async (values, wanted) => {
    const asked = gives.filter((name) => wanted.has(name));
    if (asked.length === 0) return;
    const feeds = Object.fromEntries(session.inputs.map((name) => [name, values.get(name)!]));
    for (const [name, value] of Object.entries(await session.run(feeds, asked))) values.set(name, value);
  },
});

/** @throws Error of the runtime when a segment cannot be loaded; the segments before it are released */
const readySteps = async <Memory>(
  steps: readonly (Segment | CutNode)[],
  device: CutDevice<Memory>,
): Promise<{ readonly ready: readonly Ready<Memory>[]; readonly sessions: readonly DeviceSession<Memory>[] }> => {
  const ready: Ready<Memory>[] = [];
  const sessions: DeviceSession<Memory>[] = [];
  try {
    for (const step of steps)
      if (step.kind === "segment") {
        const session = await device.openGraph(encode(step.model));
        sessions.push(session);
        ready.push(segmentStep(step, session));
      } else {
        const { reads, gives, node } = step;
        const run = device.prepare(node);
        ready.push({
          reads,
          gives,
          run: async (values) => void values.set(gives[0]!, await run(reads.map((name) => values.get(name)!))),
        });
      }
  } catch (error) {
    for (const session of sessions) await session.release();
    throw error;
  }
  return { ready, sessions };
};

/** For each step, the values that no later step reads. */
const lastReads = (steps: readonly Pick<Segment, "reads" | "gives">[]): readonly (readonly string[])[] => {
  const seen = new Set<string>();
  return steps
    .toReversed()
    .map(({ reads, gives }) => {
      const last = [...new Set([...reads, ...gives])].filter((name) => !seen.has(name));
      for (const name of reads) seen.add(name);
      return last;
    })
    .toReversed();
};

/** The session of a model that was cut into these steps. */
export const cutSession = async <Memory>(
  model: ModelProto,
  steps: readonly (Segment | CutNode)[],
  device: CutDevice<Memory>,
): Promise<DeviceSession<Memory>> => {
  const { ready, sessions } = await readySteps(steps, device);
  const last = lastReads(ready);
  const initialized = new Set(model.graph!.initializer.map(({ name }) => name));
  const inputs = model.graph!.input.map(({ name }) => name).filter((name) => !initialized.has(name));
  /** Inputs that several segments read. Left on the host, the runtime would bring them to the device for each. */
  const shared = inputs.filter((name) => ready.filter(({ reads }) => reads.includes(name)).length > 1);
  const read = new Set(ready.flatMap(({ reads }) => reads));

  return {
    inputs,
    outputs: model.graph!.output.map(({ name }) => name),
    run: async (feeds, wanted) => {
      const values: Values<Memory> = new Map(Object.entries(feeds));
      const asked = new Set([...wanted, ...read]);
      const given = new Set(inputs);
      const free = (name: string): void => {
        const value = values.get(name);
        if (value?.place === "memory" && !given.has(name)) device.free(value.memory);
        values.delete(name);
      };
      try {
        for (const name of shared) {
          const tensor = values.get(name)!;
          if (tensor.place !== "host" || tensor.type !== "float32") continue;
          given.delete(name);
          values.set(name, device.upload(tensor));
        }
        for (const [at, step] of ready.entries()) {
          await step.run(values, asked);
          for (const name of last[at]!) if (!wanted.includes(name)) free(name);
        }
        return Object.fromEntries(wanted.map((name) => [name, values.get(name)!]));
      } catch (error) {
        for (const name of [...values.keys()]) free(name);
        throw error;
      }
    },
    release: async () => {
      device.release();
      for (const session of sessions) await session.release();
    },
  };
};
