// Which instruction sets this processor has, and which one the kernel uses.
#pragma once

// Ordered: a later set implies that every earlier one of the same family may be used.
enum class UnseenIsa : int { portable = 0, avx2 = 1, avx512 = 2, neon = 3 };

// True where this build holds the variant and this processor can run it.
bool unseen_isa_is_available(UnseenIsa isa);

// The variant in use: the best available one, unless unseen_isa_set chose another.
UnseenIsa unseen_isa();

// Returns false, and changes nothing, where the variant is not available.
bool unseen_isa_set(UnseenIsa isa);
