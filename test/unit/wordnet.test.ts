import { describe, expect, test } from 'vitest'
import { parseEntries, parseFrequencies, parseLicence } from '../../scripts/data/wordnet.mjs'

const licence = ['  1 Used by permission.  ', '  2   ', '  3 All of it.  '].join('\n')
const file = (...lines: string[]) => `${licence}\n${lines.join('\n')}\n`

describe('the definitions of WordNet', () => {
  test('are read with their words, their number hexadecimal, and without their pointers', () => {
    const line =
      '02084071 05 n 03 dog 0 domestic_dog 0 Canis_familiaris 0 001 @ 02083346 n 0000 | a member of the genus Canis; "the dog barked all night"  '
    expect(parseEntries('noun', file(line))).toEqual([
      {
        id: 'noun02084071',
        words: ['dog', 'domestic dog', 'Canis familiaris'],
        definition: 'a member of the genus Canis',
        examples: ['“the dog barked all night”'],
      },
    ])
    const many = Array.from({ length: 17 }, (_, i) => `word${i} 0`).join(' ')
    const [entry] = parseEntries('noun', file(`00000001 05 n 11 ${many} 000 | many words  `))
    expect(entry?.words).toHaveLength(17)
  })

  test('lose the markers of adjectives, and words that differ only by them', () => {
    const line = '00000001 00 a 03 well_known(a) 0 well_known(p) 0 galore(ip) 0 000 | familiar  '
    expect(parseEntries('adj', file(line))[0]?.words).toEqual(['well known', 'galore'])
  })

  test.for([
    ['a range: "a gamut of emotions"', 'a range', ['“a gamut of emotions”']],
    [
      'timid; "being bashful; I looked"- Ezra Pound',
      'timid',
      ['“being bashful; I looked” — Ezra Pound'],
    ],
    ['a demand in the phrase "the call of duty"', 'a demand in the phrase "the call of duty"', []],
    ['facing; opposite; "one"; "two"', 'facing; opposite', ['“one”', '“two”']],
  ] as const)('part from their examples: %s', ([gloss, definition, examples]) => {
    const [entry] = parseEntries('adv', file(`00000001 02 r 01 word 0 000 | ${gloss}  `))
    expect(entry).toMatchObject({ definition, examples })
  })
})

test('how often an entry is met is the sum over its words', () => {
  const senses = [
    'bark%1:20:00:: 00000007 1 2',
    'rind%1:20:00:: 00000007 1 3',
    'plain%5:00:00:clear:00 00000008 1 4',
    'rare%3:00:00:: 00000009 1 0',
  ].join('\n')
  expect(parseFrequencies(senses)).toEqual(
    new Map([
      ['noun00000007', 5],
      ['adj00000008', 4],
    ]),
  )
})

test('the licence is what stands above the data, without its line numbers', () => {
  const text = file('00000001 05 n 01 entity 0 000 | that which is  ')
  expect(parseLicence(text)).toBe('Used by permission.\n\nAll of it.\n')
})
