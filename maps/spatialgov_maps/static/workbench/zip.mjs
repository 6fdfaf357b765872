// @ts-check
// Several files in one, uncompressed: pictures are compressed already. (APPNOTE.TXT of the ZIP format, 4.3)

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc;
}

const DAY = 0x21; // 1980-01-01, the first that the format knows: archives of the same files are the same
const UTF8 = 0x800;

/** Write numbers, each with its width in bytes. @param {[value: number, bytes: 2 | 4][]} fields */
function packed(fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [, bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

/** Give an archive of files. @param {[name: string, content: Uint8Array][]} files @returns {Uint8Array<ArrayBuffer>[]} its parts */
export function zipped(files) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const directory = [];
  let at = 0;
  for (const [name, content] of files) {
    const title = new TextEncoder().encode(name);
    /** @type {[number, 2 | 4][]} */
    const about = [[20, 2], [UTF8, 2], [0, 2], [0, 2], [DAY, 2], [crc32(content) >>> 0, 4], [content.length, 4], [content.length, 4], [title.length, 2], [0, 2]];
    const head = packed([[0x04034b50, 4], ...about]);
    parts.push(head, title, new Uint8Array(content));
    directory.push(packed([[0x02014b50, 4], [20, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]]), title);
    at += head.length + title.length + content.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = packed([[0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [at, 4], [0, 2]]);
  return [...parts, ...directory, end];
}
