/**
 * A model on the project's cache runs only after `withRopewalk` was called. If the call was forgotten, transformers.js throws an error
 * that names the inputs without tensors, and no code of this package runs. So the graph gets one more input, as the first, whose name
 * says what to do.
 */
import { encode, tape } from "@ropewalk/graph";

export const reminder =
  "withRopewalk(model) must be called before the model runs, got a call without it; it gives all of";

/**
 * The graph with this input, which no node reads. In protobuf two messages, one behind the other, are one message with the lists of
 * both.
 */
export const withReminder = (model: Uint8Array): Uint8Array => {
  const graph = tape();
  graph.input(reminder, "int64", [1]);
  const first = encode({ ...graph.model(), opsetImport: [] });
  const joined = new Uint8Array(first.length + model.length);
  joined.set(first);
  joined.set(model, first.length);
  return joined;
};
