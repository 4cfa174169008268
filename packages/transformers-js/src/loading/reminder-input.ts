/**
 * A model on the project's cache runs once `withRopewalk` has been called. Where that was forgotten, transformers.js names the inputs
 * that it has no tensors for, and nothing of this package is asked. So the graph has one input more, the first, whose name says what
 * to do.
 */
import { encode, tape } from "@ropewalk/graph";

export const reminder =
  "withRopewalk(model) must be called before the model runs, got a call without it; it gives all of";

/** The graph with that input, which no node reads. Two messages of the format, one behind the other, are one message with the lists of both. */
export const withReminder = (model: Uint8Array): Uint8Array => {
  const graph = tape();
  graph.input(reminder, "int64", [1]);
  const first = encode({ ...graph.model(), opsetImport: [] });
  const joined = new Uint8Array(first.length + model.length);
  joined.set(first);
  joined.set(model, first.length);
  return joined;
};
