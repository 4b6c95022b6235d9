/**
 * What a logger's audit asks its store: digests and lists of the ledger to hold against the agent's, ledger
 * against tables, and the gaps that are known. A ledger row may be there twice (recorded again on another
 * day), so each question counts a key once; none reads the whole ledger but `sealedRange`.
 */
import { agentId, digestText, HOUR_MS, LOSS_REASONS, type HourDigest, type LossReason } from '@kaiku/protocol';
import type { GapRow, HourRows, StoreAudit } from '../api.ts';
import type { ClickHouse } from '../client/clickhouse.ts';
import { timeText, textsSql, timeSql } from '../read/sql.ts';
import { foundSql } from './found-sql.ts';

/** Counting a day of a large store reads its key columns once. */
const COUNT_TIMEOUT_MS = 120_000;
const DAY_MS = 24 * HOUR_MS;
/** Keys of one statement. */
const KEYS = 5000;
/** Above the longest list a message holds, so that too many is seen as too many. */
const LIST_LIMIT = 20_001;

const GAP_COLUMNS = ['agent', 'epoch', 'first_seq', 'last_seq', 'reason', 'at'] as const;

export function storeAudit(clickhouse: ClickHouse): StoreAudit {
  const expected = async (hourMs: number): Promise<readonly { agent: string; rows: string }[]> => {
    const hour = hourMs / HOUR_MS;
    return clickhouse.rows(
      `SELECT agent, toString(sum(counted)) AS rows FROM (
         SELECT agent, max(arraySum(arrayMap((h, n) -> if(h = ${hour}, n, 0), hours, hour_rows))) AS counted
         FROM ledger WHERE ${overlaps(hourMs)} GROUP BY agent, epoch, seq)
       GROUP BY agent HAVING sum(counted) > 0`,
    );
  };

  return {
    digests: async (agent, epoch, fromMs, toMs): Promise<readonly HourDigest[]> => {
      const rows = await clickhouse.rows<{ hour: string; batches: string; digest: string }>(
        `SELECT toString(intDiv(toUnixTimestamp64Milli(at), ${HOUR_MS})) AS hour, toString(count()) AS batches,
           toString(sum(reinterpretAsUInt64(reverse(unhex(substring(hash, 1, 16)))))) AS digest
         FROM (SELECT seq, argMax(sha256, inserted) AS hash, argMax(sealed, inserted) AS at FROM ledger
           WHERE agent = ${textsSql([agent])} AND epoch = ${epoch} AND sealed >= ${timeSql(fromMs)} AND sealed < ${timeSql(toMs)}
           GROUP BY seq)
         GROUP BY hour ORDER BY toUInt64(hour)`,
      );
      return rows.map(({ hour, batches, digest }) => ({
        hourMs: Number(hour) * HOUR_MS,
        batches: Number(batches),
        digest: digestText(BigInt(digest)),
      }));
    },

    list: async (agent, epoch, hourMs) => {
      const rows = await clickhouse.rows<{ number: string; hash: string }>(
        `SELECT toString(seq) AS number, argMax(sha256, inserted) AS hash FROM ledger
         WHERE agent = ${textsSql([agent])} AND epoch = ${epoch}
           AND sealed >= ${timeSql(hourMs)} AND sealed < ${timeSql(hourMs + HOUR_MS)}
         GROUP BY seq ORDER BY seq LIMIT ${LIST_LIMIT}`,
      );
      return rows.map(({ number, hash }) => ({ seq: Number(number), sha256: hash }));
    },

    rows: async (fromMs, toMs): Promise<readonly HourRows[]> => {
      const from = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
      const to = Math.min(Math.ceil(toMs / HOUR_MS) * HOUR_MS, from + DAY_MS);
      const found = await clickhouse.rows<{ agent: string; hour: string; rows: string }>(foundSql(from, to), {
        timeoutMs: COUNT_TIMEOUT_MS,
      });
      const present = new Map(found.map(({ agent, hour, rows }) => [`${agent} ${hour}`, Number(rows)]));
      const out: HourRows[] = [];
      for (let hourMs = from; hourMs < to; hourMs += HOUR_MS) {
        for (const { agent, rows } of await expected(hourMs)) {
          const here = present.get(`${agentId(agent)} ${hourMs / HOUR_MS}`) ?? 0;
          out.push({ agent, hourMs, expected: Number(rows), found: here });
        }
      }
      return out;
    },

    batchesOf: async (agent, hourMs) => {
      const rows = await clickhouse.rows<{ epoch: string; seq: string }>(
        `SELECT DISTINCT toString(epoch) AS epoch, toString(seq) AS seq FROM ledger
         WHERE agent = ${textsSql([agent])} AND ${overlaps(hourMs)} AND has(hours, ${hourMs / HOUR_MS})`,
      );
      return rows.map(({ epoch, seq }) => ({ epoch: Number(epoch), seq: Number(seq) }));
    },

    hashes: async (keys) => {
      const hashes = new Map<string, string>();
      for (let at = 0; at < keys.length; at += KEYS) {
        const tuples = keys.slice(at, at + KEYS).map(({ agent, epoch, seq }) => `(${quoted(agent)},${epoch},${seq})`);
        const rows = await clickhouse.rows<{ agent: string; epoch: string; seq: string; hash: string }>(
          `SELECT agent, toString(epoch) AS epoch, toString(seq) AS seq, argMax(sha256, inserted) AS hash FROM ledger
           WHERE (agent, ledger.epoch, ledger.seq) IN (${tuples.join(',')}) GROUP BY agent, ledger.epoch, ledger.seq`,
        );
        for (const row of rows) hashes.set(`${row.agent} ${row.epoch} ${row.seq}`, row.hash);
      }
      return keys.map(({ agent, epoch, seq }) => hashes.get(`${agent} ${epoch} ${seq}`));
    },

    sealedRange: async () => {
      const [row] = await clickhouse.rows<{ rows: string; first: string; last: string }>(
        `SELECT toString(count()) AS rows, toString(toUnixTimestamp64Milli(min(sealed))) AS first,
           toString(toUnixTimestamp64Milli(max(sealed))) AS last FROM ledger`,
      );
      if (row === undefined || row.rows === '0') return undefined;
      return { firstMs: Number(row.first), lastMs: Number(row.last) };
    },

    recordGaps: (gaps) =>
      clickhouse.insertObjects(
        'gap',
        GAP_COLUMNS,
        gaps.map(({ agent, epoch, from, to, reason, atMs }) => ({
          agent,
          epoch,
          first_seq: from,
          last_seq: to,
          reason,
          at: timeText(atMs),
        })),
      ),

    gaps: async (sinceMs = 0): Promise<readonly GapRow[]> => {
      const rows = await clickhouse.rows<Record<string, string>>(
        `SELECT agent, toString(epoch) AS epoch_no, toString(first_seq) AS first_no, toString(last_seq) AS last_no,
           reason, toString(toUnixTimestamp64Milli(min(at))) AS at_ms
         FROM gap GROUP BY agent, epoch, first_seq, last_seq, reason HAVING min(at) >= ${timeSql(sinceMs)}
         ORDER BY agent, epoch, first_seq`,
      );
      return rows.map((row) => ({
        agent: row['agent'] ?? '',
        epoch: Number(row['epoch_no']),
        from: Number(row['first_no']),
        to: Number(row['last_no']),
        reason: lossReason(row['reason']),
        atMs: Number(row['at_ms']),
      }));
    },
  };
}

/** Rows of batches that may hold samples of an hour: the indexes of both columns are used. */
function overlaps(hourMs: number): string {
  return `last >= ${timeSql(hourMs)} AND first < ${timeSql(hourMs + HOUR_MS)}`;
}

const quoted = (text: string): string => textsSql([text]).slice(1, -1);

/** A reason of a newer version is one that this version does not explain further. */
function lossReason(text: string | undefined): LossReason {
  return LOSS_REASONS.find((reason) => reason === text) ?? 'forgotten';
}
