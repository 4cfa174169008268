/**
 * Rows of queries or keys in the order of Hugging Face checkpoints, in which dimension j of a head rotates with j + d / 2, out of the order in
 * which neighbours do:
 *
 *     row 2 j + i of a head  ->  row i d / 2 + j         i = 0, 1;  d rows a head
 */
export const halvesOrder = (bytes: Uint8Array, numRows: number, headRows: number): Uint8Array => {
  const rowBytes = bytes.length / numRows;
  const turned = new Uint8Array(bytes.length);
  for (let row = 0; row < numRows; row++) {
    const [head, within] = [Math.floor(row / headRows), row % headRows];
    const to = head * headRows + (within % 2) * (headRows / 2) + Math.floor(within / 2);
    turned.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), to * rowBytes);
  }
  return turned;
};
