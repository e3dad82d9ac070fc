"""Writes `test/fixtures/wordpiece.json`: tricky texts and their tokens by Hugging Face's tokenizers (Rust).

python scripts/model/tokens_fixture.py ../shared/models/all-MiniLM-L6-v2/tokenizer.json
"""

import json
import sys
from pathlib import Path

import tokenizers

TEXTS = [
    "",
    " \t\r\n ",
    "Fear of heights",
    "fear\tof\nheights",
    "It's the cat's; don't, won't, can't.",
    "state-of-the-art (well-known) e.g. U.S.A.",
    "naïve café résumé Ångström São Paulo",
    "nai\u0308ve cafe\u0301",  # the same accents as marks of their own
    "Straße ﬁne ﬂow Œuvre Æsir",
    "İstanbul ILIK ısı",
    "ΟΔΟΣ και Σίσυφος",
    "Москва ёлка",
    "北京 is the capital of 中国",
    "東京タワー ひらがな",
    "𠀀 a𠀀b 𠮷野家",  # Chinese characters outside the basic plane
    "한국어 서울",
    "हिन्दी भाषा",
    "العربية עברית",
    "ภาษาไทย",
    "👍 thumbs up 👩‍👩‍👧‍👦 ❤️ ♥ 🇩🇪",
    "...!?— «»“”‘’ …",
    "$100 + 20% = €5 ± 3 °C #tag @me a_b c/d e\\f",
    "C++ C# .NET node.js",
    "[MASK] [CLS] [SEP] [UNK] [PAD] ##ing [unused1]",
    "zero\u200bwidth soft\u00adhyphen \ufeffbom no\u00a0break",
    "control\u0000\u0007\u001b\u007fs \ufffd \u0085 next",
    "\u2028line\u2029paragraph\u3000ideographic\u000bvertical",
    "１２３ ＡＢＣ ①② ½ x² H₂O",
    "𝐛𝐨𝐥𝐝 𝓼𝓬𝓻𝓲𝓹𝓽",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "a" * 100,
    "a" * 101,
    "ab" * 50 + " short",
    "é" * 101,
    "qwxzj xqzvk 3f9a7c2b deadbeef",
    "https://example.com/path?query=1&other=two#part",
    "0x1F 3.14159 1,000,000 2026-11-21T12:00:00Z",
    "日本語とEnglishの混ざった文",
]


def main() -> None:
    description = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    # As Quiver has it: no marker such as [MASK] can be written into a text, and texts of any length.
    description |= {"added_tokens": [], "truncation": None, "padding": None, "post_processor": None}
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(description))
    fixture = {
        "source": f"tokenizers {tokenizers.__version__} with the tokenizer of all-MiniLM-L6-v2",
        "cases": [{"text": text, "tokens": tokenizer.encode(text).tokens} for text in TEXTS],
    }
    file = Path(__file__).resolve().parents[2] / "test/fixtures/wordpiece.json"
    file.write_text(json.dumps(fixture, ensure_ascii=False, indent=2) + "\n", "utf-8")


main()
