/**
 * Reads the elements of a buffer into JavaScript's memory. On the CPU they lie there already. On a device a graph that computes nothing,
 * y = x, brings them.
 */
import type { Backend, TensorBuffer, BufferType, HostTensor, Session } from "@ropewalk/backend";
import { encode, tape } from "@ropewalk/graph";

export type HostElements = Float32Array | Uint16Array | Int8Array;

export type Transfer = {
  /** The elements, valid until the buffer is written to. */
  readonly read: (buffer: TensorBuffer, from: number, length: number) => Promise<HostElements>;
  /** Carries out what was written to a buffer: on a device, copies wait for a run and hold memory until then. */
  readonly flush: (buffer: TensorBuffer) => Promise<void>;
  /** Releases the sessions that were made. */
  readonly end: () => Promise<void>;
};

/** y = x [length]. */
const identity = (type: BufferType): Uint8Array => {
  const graph = tape("identity");
  graph.output("y", graph.op("Identity", [graph.input("x", type, ["length"])]));
  return encode(graph.model({ opset: 18, irVersion: 9 }));
};

export const transferOn = (backend: Pick<Backend, "createSession">): Transfer => {
  const sessions = new Map<BufferType, Promise<Session>>();
  const sessionOf = (type: BufferType): Promise<Session> => {
    const session = sessions.get(type) ?? backend.createSession(identity(type));
    sessions.set(type, session);
    return session;
  };
  const read: Transfer["read"] = async (buffer, from, length) => {
    const x = buffer.view(from, [length]);
    if (x.place === "host") return x.data as HostElements;
    const { y } = await (await sessionOf(buffer.type)).run({ x }, { read: ["y"] });
    return (y as HostTensor).data as HostElements;
  };
  return {
    read,
    // Four elements of any type are whole 32-bit words.
    flush: async (buffer) => void (await read(buffer, 0, Math.min(4, buffer.length))),
    end: async () => {
      for (const session of await Promise.allSettled(sessions.values()))
        if (session.status === "fulfilled") await session.value.release();
    },
  };
};
