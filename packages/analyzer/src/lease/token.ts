/**
 * Fencing tokens: whole numbers that rise with each acquisition of a partition, for ever, and that no two holders share.
 *
 * ```
 *   bits 47…16  seconds since 1970, or one above the last token's        bits 15…0  who took it
 * ```
 * The seconds make tokens rise when the bucket itself was lost; "one above the last" when clocks differ; the lower bits
 * keep two apart who can know nothing of each other. Below 2^48, so that 16 bits for revisions fit beside one in 64.
 * Before version 0.2 a token was the seconds alone: smaller than any of these. Pure.
 */
const WHO = 65_536;

/** 16 bits of a member id (FNV-1a, folded). */
export function whoBits(member: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < member.length; at += 1) hash = Math.imul(hash ^ member.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (WHO - 1);
}

/** The token of `member`'s new acquisition, above `lastToken`. */
export function nextToken(lastToken: number, wallMs: number, member: string): number {
  const time = Math.max(Math.floor(lastToken / WHO) + 1, Math.floor(wallMs / 1000));
  return time * WHO + whoBits(member);
}
