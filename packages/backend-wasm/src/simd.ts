/**
 * Whether WebAssembly has SIMD here. The runtime's .wasm file needs it: there is one file, of 128-bit SIMD and threads. It has no instruction of
 * relaxed SIMD, so a browser that has relaxed SIMD gains nothing.
 *
 *   (module (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt))
 */
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const type = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b];
const declared = [0x03, 0x02, 0x01, 0x00];
const body = [0x0a, 0x0a, 0x01, 0x08, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x62, 0x0b];

type Engine = { readonly validate: (module: Uint8Array) => boolean };

export const hasSimd = (): boolean =>
  (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly.validate(
    Uint8Array.from([...header, ...type, ...declared, ...body]),
  );
