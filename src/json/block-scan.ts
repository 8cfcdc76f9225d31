import { Buffer } from 'node:buffer';
import { BLOCK_SCAN } from './block-scan-code.ts';

/** The part of the API that is used here. Node's types have none of it. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: { scan: { memory: object } }) => { exports: BlockScan };
};

/**
 * WebAssembly that finds the end of a string or container in its own memory, 64 bytes at a time. `at` is the index of
 * the first byte inside, or of a later byte of a string that no backslash escapes. `end` is where the text ends.
 */
interface BlockScan {
  /** The index after the string; -1 when the text ends first. */
  endOfString(at: number, end: number): number;
  /** The index after the container; -1 when the text ends first, -2 when a backslash stands outside of strings. */
  endOfContainer(at: number, end: number): number;
}

const TEXT_BYTES = 8_388_608;
const PAGE_BYTES = 65_536;

const { memory, scan } = open();

/**
 * Texts are scanned in blocks when they are in here. It takes 8 GiB of address space, and memory only where it was
 * written.
 */
export const textMemory = memory;
const { buffer } = memory;

/** Undefined when `text` is elsewhere, or there is no WebAssembly. */
export function blockScanOf(text: Buffer): BlockScan | undefined {
  return text.buffer === buffer ? scan : undefined;
}

function open(): { memory: Buffer; scan: BlockScan | undefined } {
  try {
    // Blocks reach up to 63 bytes past the end of a text. The memory never grows, as that would detach all views of it.
    const pages = TEXT_BYTES / PAGE_BYTES + 1;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const code = new WebAssembly.Module(Buffer.from(BLOCK_SCAN, 'base64'));
    const { exports: scan } = new WebAssembly.Instance(code, { scan: { memory } });
    return { memory: Buffer.from(memory.buffer, 0, TEXT_BYTES), scan };
  } catch {
    // Switched off (--jitless), limited (--wasm-max-mem-pages), or a processor without SIMD.
    return { memory: Buffer.allocUnsafeSlow(TEXT_BYTES), scan: undefined };
  }
}
