/** With its last session the runtime forgets the kernels that it has compiled for a GPU: one that stays keeps them for those behind it. */
import type { Backend } from "@ropewalk/backend";
import { encode, tape } from "@ropewalk/graph";

export const keepKernels = async ({ createSession }: Backend): Promise<void> => {
  const graph = tape();
  graph.output("out", graph.op("Neg", [graph.input("x", "float32", ["length"])]));
  await createSession(encode(graph.model()));
};
