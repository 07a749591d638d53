"""Plain oracles of the encoders: one value, one token, one bit at a time."""

import hmac

PAD = "_"


def positions(key, token, n_bits, k):
    found, counter = [], 0
    limit = 65536 // n_bits * n_bits
    while len(found) < k:
        digest = hmac.digest(key, counter.to_bytes(2, "big") + token, "sha256")
        for start in range(0, 32, 2):
            number = int.from_bytes(digest[start : start + 2], "big")
            if number < limit and number % n_bits not in found and len(found) < k:
                found.append(number % n_bits)
        counter += 1
    return found


def grams(value, size):
    tokens = []
    for word in value.split():
        padded = PAD + word + PAD
        tokens += [f"{size}{padded[i : i + size]}" for i in range(len(padded) - size + 1)]
    return tokens


def trigrams_across_words(value):
    padded = PAD + value.replace(" ", PAD) + PAD
    every = [padded[i : i + 3] for i in range(len(padded) - 2)]
    return [f"3{gram}" for gram in every if gram[1] != PAD]


def positional_bigrams(value):
    return [f"p{min(i, 11):02d}{value[i : i + 2].replace(' ', PAD)}" for i in range(len(value) - 1)]


def digits(value):
    return [f"d{min(i, 11):02d}{symbol}" for i, symbol in enumerate(value) if symbol.isdecimal()]


def filter_of(key, tokens, n_bits, k):
    bits = set()
    for token in tokens:
        bits.update(positions(key, token.encode(), n_bits, k))
    return bits


def stand_ins(key, record_id, n_bits, count):
    drawn = []
    for counter in range(count):
        digest = hmac.digest(key, record_id + bytes([counter]), "sha256")
        drawn += [int.from_bytes(digest[start : start + 4], "big") % n_bits for start in range(0, 32, 4)]
    return set(drawn[:count])


def bits_of(row):
    return {
        64 * word + bit for word, value in enumerate(row.tolist()) for bit in range(64) if value >> bit & 1
    }


def xor_sets(bits, sets):
    return {j for j, inputs in enumerate(sets) if sum(i in bits for i in inputs) % 2}
