import { expectTypeOf, it } from "vitest";
import { passkey875k, stories260K, type TinyModel } from "../src/index.ts";

it("both are models", () => {
  expectTypeOf(passkey875k).toEqualTypeOf<TinyModel>();
  expectTypeOf(stories260K).toEqualTypeOf<TinyModel>();
  expectTypeOf<TinyModel>().toEqualTypeOf<{
    readonly name: string;
    readonly url: URL;
    readonly files: Readonly<Record<string, URL>>;
    readonly trainedContext: number;
  }>();
});
