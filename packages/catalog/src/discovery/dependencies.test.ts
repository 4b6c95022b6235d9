import { describe, expect, it } from 'vitest';
import type { Link } from '../model/discovery.ts';
import { dependenciesOf, withoutCircles } from './dependencies.ts';

const link = (a: string, b: string, source: Link['source'] = 'lldp'): Link => ({ a, aPort: '', b, bPort: '', source });
const point = (id: string, agents = ['one'], forwards = true) => ({ id, forwards, agents });

describe('dependencies', () => {
  it('lead towards the root, by both of two equal ways, and never through what does not forward', () => {
    const points = ['root', 'left', 'right', 'below'].map((id) => point(id));
    const links = [link('root', 'left'), link('root', 'right'), link('left', 'right'), link('left', 'below')];
    const all = dependenciesOf(
      [...points, point('host', ['one'], false), point('behind')],
      [...links, link('right', 'below'), link('host', 'below'), link('host', 'behind')],
      ['root'],
    );
    expect(Object.fromEntries(all)).toEqual({
      root: [],
      left: ['root'],
      right: ['root'],
      below: ['left', 'right'],
      host: ['below'],
    });
  });

  it('cross a routed link only where the same agents measure both ends', () => {
    const parents = (agents: string[]): readonly string[] | undefined =>
      dependenciesOf([point('hub'), point('spoke', agents)], [link('hub', 'spoke', 'route')], ['hub']).get('spoke');
    expect([parents(['one']), parents(['two']), parents(['one', 'two'])]).toEqual([['hub'], [], []]);
  });

  it('close no circle with what people wrote', () => {
    const wanted = new Map([
      ['found', ['mine', 'other']],
      ['further', ['found']],
    ]);
    const fixed = new Map([['mine', ['further']]]);
    expect(Object.fromEntries(withoutCircles(wanted, fixed))).toEqual({ found: ['mine', 'other'], further: [] });
  });
});
