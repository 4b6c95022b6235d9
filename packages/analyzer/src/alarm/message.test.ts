import { describe, expect, it } from 'vitest';
import { fillReason, formatMessage, formatValue, noDataMessage, statusWords } from './message.ts';

describe('alarm texts', () => {
  it.each([
    [97.5123, '97.5'],
    [1_230_000.4, '1230000'],
    [0.00123, '0.00123'],
    [0, '0'],
    [-2.71999, '-2.72'],
    [Number.NaN, '?'],
  ])('writes %f as %s', (value, text) => {
    expect(formatValue(value)).toBe(text);
  });

  it('fills in what is known', () => {
    const parts = { nick: 'HEL core 1', instance: 'Gi1/0/1', value: 91.27, unit: '%' };
    expect(formatMessage('{nick}: {instance} at {value} {unit}', parts)).toBe('HEL core 1: Gi1/0/1 at 91.3 %');
    expect(formatMessage('{nick} {instance} {other}', { ...parts, instance: '' })).toBe('HEL core 1 {other}');
    expect(formatMessage('load {value} {unit}', { ...parts, unit: '1' })).toBe('load 91.3');
    expect(formatMessage('loses {value}', { ...parts, value: 0.2, unit: 'ratio' })).toBe('loses 20 %');
    expect(formatMessage('{value} {unit} lost', { ...parts, value: 0.035, unit: 'ratio' })).toBe('3.5 % lost');
  });

  it('says why, or nothing', () => {
    expect(fillReason('mail: smtp fails: {reason}', 'connection refused')).toBe('mail: smtp fails: connection refused');
    expect(fillReason('mail: smtp fails: {reason}', '')).toBe('mail: smtp fails');
    expect(fillReason('mail fails ({reason})', 'costs $& and $1')).toBe('mail fails (costs $& and $1)');
    expect(statusWords(0)).toBe('');
  });

  it('says what is silent and since when', () => {
    expect(noDataMessage({ nick: 'ups-1', instance: '' }, 'upsOutputPercentLoad', 300_000)).toBe(
      'ups-1: no data for upsOutputPercentLoad in 5 min',
    );
  });
});
