import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "@ropewalk/testing/checkpoints/safetensors-file";
import { startHub } from "@ropewalk/testing/fake-hub";
import { bundled } from "./bundle.ts";
import type { Writer } from "./writer.ts";

const weights = Uint8Array.from({ length: 8_000_000 }, (_, place) => (place * 7 + (place >> 8)) % 251);
const files = {
  "config.json": bytesOf('{"model_type":"llama"}'),
  "tokenizer.json": bytesOf("{}"),
  "model.safetensors": weights,
};

/** Three files of the hub, from a hub on this machine. What has come of a file is kept under a name that says so, and gone on with. */
export const download: Writer = {
  name: "download",
  prepare: async (home) => {
    const hub = await startHub("owner/tiny", files);
    writeFileSync(join(home, "hub.json"), JSON.stringify({ endpoint: hub.endpoint, files: Object.keys(files) }));
    return hub.stop;
  },
  args: () => [bundled("download"), "hub.json", "out"],
  unitOf: (file) => (file.endsWith(".incomplete") ? undefined : file),
  bothSucceed: true,
};
