// @ts-check
/**
 * A burst under way: what was sent, what came back, what that makes of each packet. Pure: times are passed in, ms of
 * one steady clock.
 */
import { echoRequest, NONCE_BYTES } from './echo.mjs';

/**
 * A packet whose send took longer than this, and of which the kernel does not say when it left, left at an unknown
 * moment within it. A send takes 5 to 20 us; the call that is interrupted by another process takes milliseconds.
 */
const TAINTED_SEND_MS = 0.15;
/** Everything is back: a second answer to the same packet would come about as fast as the first. */
const LINGER_MS = 5;

/** What comparing clocks leaves open. */
const CLOCK_SLACK_MS = 0.005;

const LOST = 0;
const OK = 1;
const TAINTED = 2;
const UNKNOWN = 3;
const NAMES = ['lost', 'ok', 'tainted', 'unknown'];

/** @typedef {import('../messages.ts').BurstRequest} BurstRequest */

export class Burst {
  /** When the queue is to look at it again. */
  dueMs = Number.NaN;
  sent = 0;
  #answered = 0;
  #highest = -1;
  #duplicates = 0;
  #reordered = 0;
  #unreachable = false;
  #arrived = false;
  #hopLimit = -1;
  #readDelayMs = 0;
  #slowestMs = 0;
  #blind = false;
  /** @type {string | null} */
  #answeredFrom = null;
  /** @type {string | null} */
  #refusal = null;

  /**
   * @param {BurstRequest} request
   * @param {4 | 6} family
   * @param {Uint8Array} address
   * @param {number} id also the first two bytes of the nonce: ping sockets send another in the header
   * @param {Uint8Array} nonce
   * @param {number} [zone] number of the interface a link-local address is behind
   */
  constructor(request, family, address, id, nonce, zone = 0) {
    this.request = request;
    this.family = family;
    this.address = address;
    this.id = id;
    this.nonce = nonce;
    nonce[0] = id >> 8;
    nonce[1] = id & 0xff;
    this.zone = zone;
    this.packet = echoRequest(family, id, nonce, request.payloadBytes);
    /** Packets it is to send; a trace that arrives needs no more. */
    this.packets = request.packets;
    this.fates = new Uint8Array(request.packets);
    this.sentMs = new Float64Array(request.packets).fill(Number.NaN);
    this.rtts = new Float64Array(request.packets).fill(Number.NaN);
    /** @type {(string | null)[]} */
    this.from = [];
    this.startMs = 0;
    this.lastMs = 0;
  }

  /** Everything that can come has come. */
  get complete() {
    return this.sent >= this.packets && this.#answered >= this.packets;
  }

  /**
   * The next packet was handed to the kernel.
   * @param {number} beforeMs clock before the call
   * @param {number} afterMs and behind it
   */
  sentAt(beforeMs, afterMs) {
    this.sentMs[this.sent] = beforeMs;
    if (afterMs - beforeMs > TAINTED_SEND_MS) this.fates[this.sent] = TAINTED;
    this.lastMs = beforeMs;
    this.sent += 1;
  }

  /**
   * The kernel says when packet `seq` left: nearly always within the call, later when it had to find the neighbour's address first.
   * @param {number} seq
   * @param {number} leftMs
   * @param {number} nowMs
   */
  left(seq, leftMs, nowMs) {
    const sentMs = this.sentMs[seq] ?? Number.NaN;
    // Before it was handed over or in the future it cannot have been: the wall clock was set meanwhile.
    if (!(leftMs >= sentMs - CLOCK_SLACK_MS && leftMs <= nowMs + CLOCK_SLACK_MS)) return;
    const rtt = this.rtts[seq] - (leftMs - sentMs);
    if (rtt < -CLOCK_SLACK_MS) return;
    this.sentMs[seq] = leftMs;
    if (!Number.isNaN(rtt)) this.rtts[seq] = Math.max(rtt, 0);
    if (this.fates[seq] === TAINTED) this.fates[seq] = Number.isNaN(rtt) ? LOST : OK;
  }

  /**
   * This machine would not send it, for want of a way to the target or for any other reason of its own: it says nothing about the target.
   * @param {string} why
   * @param {number} nowMs
   */
  refused(why, nowMs) {
    this.#refusal = why;
    this.fates[this.sent] = UNKNOWN;
    this.lastMs = nowMs;
    this.#answered += 1;
    this.sent += 1;
  }

  /**
   * A router says that packet `seq` is too big for the link behind it. The kernel cuts the next ones up, so it tells of sizes, not of loss.
   * @param {number} seq
   */
  tooBig(seq) {
    if (seq >= this.sent || this.fates[seq] === UNKNOWN || !Number.isNaN(this.rtts[seq])) return;
    this.fates[seq] = UNKNOWN;
    this.#answered += 1;
  }

  /** @param {Uint8Array} packet @param {number} at where its nonce begins */
  knows(packet, at) {
    for (let index = 0; index < NONCE_BYTES; index += 1) if (packet[at + index] !== this.nonce[index]) return false;
    return true;
  }

  /**
   * An answer to packet `seq`.
   * @param {number} seq
   * @param {number} arrivedMs when the kernel had it
   * @param {number} readDelayMs how much later it was read
   * @param {number} hopLimit
   * @param {string | null} from of a router on the way; null: of the target
   */
  heard(seq, arrivedMs, readDelayMs, hopLimit, from) {
    const rtt = arrivedMs - (this.sentMs[seq] ?? Number.NaN);
    // Later than a packet may be is lost, even if the burst still runs.
    if (Number.isNaN(rtt) || rtt > this.request.timeoutMs) return;
    if (!Number.isNaN(this.rtts[seq])) {
      this.#duplicates += 1;
      return;
    }
    this.rtts[seq] = Math.max(rtt, 0);
    if (this.fates[seq] === LOST) this.fates[seq] = OK;
    if (seq < this.#highest) this.#reordered += 1;
    else this.#highest = seq;
    this.#answered += 1;
    if (rtt > this.#slowestMs) this.#slowestMs = rtt;
    if (readDelayMs > this.#readDelayMs) this.#readDelayMs = readDelayMs;
    if (this.request.trace) this.from[seq] = from;
    if (from !== null) return;
    this.#arrived = true;
    this.#hopLimit = hopLimit;
  }

  /** A trace is at its end with packet `seq`. @param {number} seq */
  endsWith(seq) {
    if (seq + 1 >= this.packets) return;
    this.packets = seq + 1;
    this.#answered = 0;
    for (let at = 0; at < this.packets; at += 1) if (!Number.isNaN(this.rtts[at])) this.#answered += 1;
  }

  /** Packets are answered from an address that was not asked. @param {string} address */
  answeredFrom(address) {
    this.#answeredFrom = address;
  }

  cannotBeReached() {
    this.#unreachable = true;
  }

  /** The kernel had no room for what arrived: what is missing at the end may have come. */
  missedSome() {
    this.#blind = true;
  }

  /** When to look again with everything sent. @param {number} nowMs */
  endMs(nowMs) {
    const last = this.lastMs + this.request.timeoutMs;
    return this.complete ? Math.min(last, nowMs + this.#slowestMs + LINGER_MS) : last;
  }

  /** @returns {import('../messages.ts').BurstMessage} */
  result() {
    const fates = [];
    const rtts = [];
    const from = [];
    for (let at = 0; at < this.packets; at += 1) {
      const rtt = this.rtts[at];
      const back = !Number.isNaN(rtt);
      const fate = back || this.fates[at] === UNKNOWN ? this.fates[at] : this.#blind ? UNKNOWN : LOST;
      fates.push(NAMES[fate ?? LOST]);
      rtts.push(back ? Math.round(rtt * 1e4) / 1e4 : null);
      if (this.request.trace) from.push(this.from[at] ?? null);
    }
    return {
      type: 'burst',
      burst: this.request.burst,
      fates,
      rtts,
      from,
      duplicates: this.#duplicates,
      reordered: this.#reordered,
      unreachable: this.#unreachable,
      refusal: this.#refusal,
      arrived: this.#arrived,
      answeredFrom: this.#answeredFrom,
      hopLimit: this.#hopLimit,
      readDelayMs: Math.round(this.#readDelayMs * 1e3) / 1e3,
    };
  }
}
