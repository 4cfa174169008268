/** A device as a backend: runs follow one another, each after the copies that were requested before it. */
import { runChecks, type Backend, type Fetches, type HostTensor, type Session, type Tensor } from "@ropewalk/backend";
import { reason, untilReleased } from "@ropewalk/backend/host";
import type { Device, DeviceSession, Placed } from "./device.ts";
import { deviceMemory, type DeviceMemory, type Feed } from "./memory.ts";
import { bufferTypes } from "./options.ts";
import type { Work } from "./places.ts";
import { inTurn } from "./turns.ts";

const name = "webgpu";

/** Rethrows an error of a runtime with the backend's name; an error that has the name already stays unchanged. */
const failed =
  (what: string) =>
  (error: unknown): never => {
    if (error instanceof Error && error.message.startsWith(`${name}: `)) throw error;
    throw new Error(`${name}: the graph could not be ${what}: ${reason(error)}`, { cause: error });
  };

type Reading = { readonly onRead: (bytes: number) => void };

const sessionOver = <Memory>(
  memory: DeviceMemory<Memory>,
  device: Device<Memory>,
  session: DeviceSession<Memory>,
  { onRead }: Reading,
): Session => {
  const { inputs, outputs } = session;
  const checkRun = runChecks(name, { inputs, outputs });
  /** Functions that end the validity of the outputs that the last run kept. */
  let kept: readonly (() => void)[] = [];

  const compute = async (
    work: readonly Work<Memory>[],
    feeds: Readonly<Record<string, Feed<Memory>>>,
    { read, keep = [] }: Fetches,
  ) => {
    try {
      await memory.carryOut(device, work);
      const values: Record<string, HostTensor | Placed<Memory>> = {};
      for (const [input, { tensor }] of Object.entries(feeds)) values[input] = await tensor(device);
      return await session.run(values, [...new Set([...read, ...keep])]);
    } finally {
      for (const { end } of Object.values(feeds)) end(device);
    }
  };
  const deliver = async (results: Readonly<Record<string, HostTensor | Placed<Memory>>>, { read }: Fetches) => {
    const ends: (() => void)[] = [];
    const delivered: Record<string, Tensor> = {};
    let bytes = 0;
    const waiting = new Map(Object.entries(results));
    try {
      for (const [output, result] of Object.entries(results)) {
        if (result.place === "host") delivered[output] = result;
        else if (read.includes(output)) {
          const { type, dims } = result;
          const data = await device.read(result);
          device.free(result.memory);
          delivered[output] = { place: "host", type, dims, data };
        } else {
          const { tensor, end } = memory.keep(device, result);
          ends.push(end);
          delivered[output] = tensor;
        }
        waiting.delete(output);
        const given = delivered[output]!;
        if (given.place === "host") bytes += given.data.byteLength;
      }
    } catch (error) {
      // Frees the outputs that were not delivered, and ends those that were kept.
      for (const result of waiting.values()) if (result.place === "memory") device.free(result.memory);
      for (const end of ends) end();
      throw error;
    }
    if (bytes > 0) onRead(bytes);
    return { delivered, ends };
  };

  return untilReleased(name, {
    inputs,
    outputs,
    run: async (feeds, fetches) => {
      checkRun(feeds, fetches);
      for (const input of inputs) memory.check(feeds[input]!);
      const work = memory.take();
      const held = Object.fromEntries(inputs.map((input) => [input, memory.feed(feeds[input]!)]));
      return inTurn(async () => {
        const { delivered, ends } = await deliver(await compute(work, held, fetches), fetches);
        for (const end of kept) end();
        kept = ends;
        return delivered;
      }).catch(failed("run"));
    },
    release: () => {
      // A release frees the outputs that this session kept, so copies that read them are carried out first.
      const work = memory.take();
      return inTurn(async () => {
        try {
          await memory.carryOut(device, work);
        } finally {
          for (const end of kept) end();
          kept = [];
          await session.release();
        }
      });
    },
  });
};

/**
 * The backend of a device.
 *
 * @param open - finds the device; called when the first session is made, and again if it failed
 */
export const backendOver = <Memory>(
  open: () => Promise<Device<Memory>>,
  { onRead = () => undefined, ...traits }: Partial<Reading> & Pick<Backend, "precision" | "attention" | "weightTypes">,
): Backend => {
  const { precision, attention, weightTypes } = traits;
  let opening: Promise<Device<Memory>> | undefined;
  let opened: Device<Memory> | undefined;
  const device = (): Promise<Device<Memory>> =>
    (opening ??= open().then(
      (found) => (opened = found),
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    ));
  const memory = deviceMemory<Memory>(name, bufferTypes[precision], () => opened?.limit);
  return {
    name,
    quantizedWeights: "kept",
    operators: "plain",
    attention,
    precision,
    weightTypes,
    bufferTypes: bufferTypes[precision],
    // The cache stays on the device, so several steps in one run would gain nothing.
    stepsPerRun: 1,
    unavailable: () =>
      device().then(
        () => undefined,
        (error: unknown) => reason(error).replace(new RegExp(`^${name}: `), ""),
      ),
    createSession: (model, externalData = []) =>
      inTurn(async () => {
        const found = await device();
        return sessionOver(memory, found, await found.createSession(model, externalData), { onRead });
      }).catch(failed("loaded")),
    allocate: memory.allocate,
  };
};
