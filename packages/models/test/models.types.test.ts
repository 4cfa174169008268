import type { Decoder } from "@ropewalk/decoder";
import { expectTypeOf, it } from "vitest";
import {
  llama,
  loadCheckpoint,
  type ByteSource,
  type Checkpoint,
  type CheckpointFile,
  type CheckpointFolder,
  type Family,
  type StoredEntry,
  type TensorEntry,
} from "../src/index.ts";
import { openFolder } from "../src/node.ts";

it("a family reads a decoder", () => {
  expectTypeOf(llama).toEqualTypeOf<Family>();
  expectTypeOf(llama.read).returns.toEqualTypeOf<Decoder>();
});

it("folders from a disk and from elsewhere are alike", () => {
  expectTypeOf(openFolder).parameter(0).toEqualTypeOf<string | URL>();
  expectTypeOf(openFolder).returns.resolves.toEqualTypeOf<CheckpointFolder>();
  expectTypeOf(loadCheckpoint).parameter(0).toEqualTypeOf<CheckpointFolder>();
  expectTypeOf<ByteSource["read"]>().returns.resolves.toEqualTypeOf<Uint8Array>();
});

it("a file says which way it can be reached", () => {
  expectTypeOf<CheckpointFile["external"]["kind"]>().toEqualTypeOf<"path" | "bytes" | "source">();
  expectTypeOf<Extract<CheckpointFile["external"], { kind: "path" }>>().not.toHaveProperty("data");
});

it("a checkpoint has what running it takes", () => {
  expectTypeOf<Checkpoint["tensors"]>().toEqualTypeOf<ReadonlyMap<string, StoredEntry>>();
  expectTypeOf<Checkpoint["stopTokens"]>().toEqualTypeOf<readonly number[]>();
  expectTypeOf<Checkpoint["bosToken"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<TensorEntry["type"]>().extract<"F32" | "F16" | "BF16">().toEqualTypeOf<"F32" | "F16" | "BF16">();
});
