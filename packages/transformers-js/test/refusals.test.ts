/** A model that cannot be extended is an error of `from_pretrained`. It is never loaded plain instead. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AutoModel, env } from "@huggingface/transformers";
import { attribute, decode, encode, tape } from "@ropewalk/graph";
import { extendFolder } from "@ropewalk/onnx-exports/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dynamicNtk } from "@ropewalk/context-extension";
import { serveSite } from "@ropewalk/testing/browser/serve-site";
import { edit, temporaryFolder, writePasskeyExport } from "@ropewalk/testing/exports/passkey-export";
import { load } from "@ropewalk/testing/transformers-js";
import { extendModels, selfExtend, type ContextExtension } from "../src/index.ts";

const extension = selfExtend({ groupSize: 8, window: 64 });
const root = temporaryFolder();
const place = (name: string, ...file: readonly string[]): string => join(root, name, ...file);
const notices: string[] = [];
const settings = { ...env };
let undo: (() => Promise<void>) | undefined;
const extend = (chosen: ContextExtension = extension): void => {
  undo = extendModels(env, { extension: chosen, onNotice: (said) => notices.push(said) });
};

/** A copy of the good model with a fault in it. */
const broken = (name: string, breakIt: (folder: string) => void): void => {
  cpSync(place("good"), place(name), { recursive: true });
  breakIt(place(name));
};

beforeAll(async () => {
  await writePasskeyExport(place("good"));
  broken("unknown", (folder) => {
    const path = join(folder, "onnx", "model.onnx");
    const model = decode(readFileSync(path));
    const node = model.graph!.node.find(({ opType }) => opType === "GroupQueryAttention")!;
    Object.assign(node, { name: "layer0/odd", attribute: [...node.attribute, attribute("smooth_softmax", 1)] });
    writeFileSync(path, encode(model));
  });
  broken("windowless", (folder) => edit(join(folder, "config.json"), { max_position_embeddings: "256" }));
  broken("encoder", (folder) => {
    edit(join(folder, "config.json"), {
      architectures: ["BertModel"],
      model_type: "bert",
      "transformers.js_config": {},
    });
    const t = tape();
    t.output("last_hidden_state", t.op("Identity", [t.input("input_ids", "int64", ["batch", "seqLen"])]));
    writeFileSync(join(folder, "onnx", "model.onnx"), encode(t.model()));
  });
  await extendFolder({ extension }, place("good"), place("extended"));
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  Object.assign(env, settings, { allowRemoteModels: false, localModelPath: root, cacheDir: place("cache") });
  notices.length = 0;
});
afterEach(async () => {
  await undo?.();
  undo = undefined;
});

describe("from_pretrained says", () => {
  it("which node's attention is not understood", async () => {
    extend();
    await expect(load("unknown")).rejects.toThrow(/extendExport: node "layer0\/odd".*smooth_softmax/);
    // The second try fails too, and the model without an extension loads.
    await expect(load("unknown", { progress_callback: () => {} })).rejects.toThrow('node "layer0/odd"');
    await undo!();
    undo = undefined;
    await (await load("unknown")).dispose();
  });

  it("the same of a model that it downloads", async () => {
    const site = await serveSite({}, { unknown: place("unknown") });
    const hub = { remoteHost: `${site.address}/`, remotePathTemplate: "models/{model}/" };
    // The data comes late. The error must not end the process in the meantime.
    const fetch = async (input: string | URL, init?: RequestInit): Promise<Response> => {
      if (String(input).endsWith("_data")) await new Promise((done) => setTimeout(done, 300));
      return settings.fetch(input, init) as Promise<Response>;
    };
    Object.assign(env, hub, { allowRemoteModels: true, localModelPath: place("nothing"), fetch });
    extend();
    await expect(load("unknown")).rejects.toThrow('node "layer0/odd"');
    site.close();
  });

  it.each<readonly [string, string, ContextExtension, string]>([
    ["that a model is extended already", "extended", extension, "must not be extended twice"],
    ["which key of config.json is none", "windowless", extension, "max_position_embeddings"],
    ["that a window is wider than the trained one", "good", selfExtend({ groupSize: 2, window: 300 }), "300"],
    ["that frequencies may not change", "good", dynamicNtk({ factor: 2, originalContext: 256 }), "dynamic-ntk"],
  ])("%s", async (_, name, chosen, message) => {
    extend(chosen);
    await expect(load(name)).rejects.toThrow(message);
  });
});

it("a model that is no decoder stays as it is, with a notice", async () => {
  extend();
  const model = await AutoModel.from_pretrained("encoder", { dtype: "fp32", device: "cpu" });
  expect(model.config).toMatchObject({ max_position_embeddings: 256 });
  expect(notices.join("\n")).toMatch(/encoder\/onnx\/model.onnx stays as it is: BertModel is no decoder/);
  await model.dispose();
});

it("two extensions at once are refused, and undone from the last to the first", async () => {
  extend();
  const first = undo!;
  extend({});
  await expect(load("good")).rejects.toThrow("must not be extended twice");
  await expect(first()).rejects.toThrow("env must be as extendModels left it");
  await undo!();
  undo = first;
  mkdirSync(place("cache"), { recursive: true });
  await (await load("good")).dispose();
});
