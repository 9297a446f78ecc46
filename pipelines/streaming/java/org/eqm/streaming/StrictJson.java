package org.eqm.streaming;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/**
 * One JSON text (RFC 8259) in UTF-8 (RFC 3629), read from its beginning to its end, value by value. Whatever is no such
 * text, or is beyond the contract's limits of depth and of a number's length, is {@code malformed_json}.
 *
 * <p>Its own grammar, because libraries are lenient each in its own way: this one must say what the decoder in Python
 * (pipelines/sources/reading_decoder.py) says of any bytes, and go on saying it.
 *
 * <p>Use: {@link #begin} says what value begins. A number has then been read; an object or array is read member by
 * member ({@link #goesOn}, {@link #name}), text by {@link #text}; anything by {@link #skip}. At last {@link #end}.
 */
final class StrictJson {
    static final char OBJECT = '{';
    static final char ARRAY = '[';
    static final char TEXT = '"';
    static final char NUMBER = '0';
    static final char NULL = 'n';
    static final char TRUTH = 't';

    /** Powers of ten that a double holds exactly: a short number times or by one of them is rounded once. */
    private static final double[] TENS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };

    private static final int SHORT_DIGITS = 18;
    private static final long EXACT = 1L << 53;

    private final byte[] bytes;
    private final int maxDepth;
    private final int maxNumberChars;
    private int at;
    private int depth;
    private int numberStart;
    private int digits;
    private long mantissa;
    private int fractionDigits;
    private boolean hasExponent;
    private boolean whole;

    StrictJson(byte[] bytes, int maxDepth, int maxNumberChars) {
        this.bytes = bytes;
        this.maxDepth = maxDepth;
        this.maxNumberChars = maxNumberChars;
    }

    /** The kind of the value that begins here. */
    char begin() throws Rejected {
        skipSpace();
        int first = peek();
        switch (first) {
            case '"' -> at++;
            case '{', '[' -> {
                at++;
                if (++depth > maxDepth) {
                    throw malformed("nested deeper than " + maxDepth);
                }
            }
            case 'n' -> literal("null");
            case 't' -> literal("true");
            case 'f' -> literal("false");
            default -> {
                number();
                return NUMBER;
            }
        }
        return first == 'f' ? TRUTH : (char) first;
    }

    /** Whether the object or array has another member, the first or a further one. */
    boolean goesOn(char kind, boolean first) throws Rejected {
        skipSpace();
        if (peek() == (kind == OBJECT ? '}' : ']')) {
            at++;
            depth--;
            return false;
        }
        if (!first) {
            expect(',');
        }
        return true;
    }

    /** The next member's name; its value comes next. */
    String name() throws Rejected {
        skipSpace();
        expect('"');
        String name = text();
        skipSpace();
        expect(':');
        return name;
    }

    /** The text that has begun; halves of surrogate pairs can come of escapes. */
    String text() throws Rejected {
        int start = at;
        while (at < bytes.length && bytes[at] >= ' ' && bytes[at] != '"' && bytes[at] != '\\') {
            at++;
        }
        if (peek() == '"') {
            return new String(bytes, start, at++ - start, StandardCharsets.ISO_8859_1);
        }
        at = start;
        StringBuilder text = new StringBuilder();
        for (int next = next(); next != '"'; next = next()) {
            if (next == '\\') {
                text.append(escaped());
            } else {
                text.appendCodePoint(codePoint(next));
            }
        }
        return text.toString();
    }

    /** Reads over the value that has begun. */
    void skip(char kind) throws Rejected {
        if (kind == TEXT) {
            text();
        } else if (kind == OBJECT || kind == ARRAY) {
            for (boolean first = true; goesOn(kind, first); first = false) {
                if (kind == OBJECT) {
                    name();
                }
                skip(begin());
            }
        }
    }

    /** Requires that nothing follows but space. */
    void end() throws Rejected {
        skipSpace();
        if (at < bytes.length) {
            throw malformed("text after the end of the value");
        }
    }

    /** Whether the number that was read has neither fraction nor exponent. */
    boolean isWhole() {
        return whole;
    }

    /** The nearest double of the number that was read; infinite beyond. A whole number has no negative zero. */
    double asDouble() {
        double value = isExact() ? exactly() : Double.parseDouble(token());
        return whole ? value + 0.0 : value;
    }

    /** The whole number that was read. What no long holds is absurd, but a number: it must not wrap around. */
    long asLong() {
        if (digits <= SHORT_DIGITS) {
            return bytes[numberStart] == '-' ? -mantissa : mantissa;
        }
        BigInteger given = new BigInteger(token());
        return given.bitLength() < Long.SIZE ? given.longValue() : given.signum() * Long.MAX_VALUE;
    }

    private boolean isExact() {
        return !hasExponent && digits <= SHORT_DIGITS && mantissa <= EXACT && fractionDigits < TENS.length;
    }

    private double exactly() {
        double value = mantissa / TENS[fractionDigits];
        return bytes[numberStart] == '-' ? -value : value;
    }

    private String token() {
        return new String(bytes, numberStart, at - numberStart, StandardCharsets.ISO_8859_1);
    }

    private void number() throws Rejected {
        numberStart = at;
        digits = 0;
        mantissa = 0;
        if (peek() == '-') {
            at++;
        }
        int first = peek();
        digits();
        if (first == '0' && digits > 1) {
            throw malformed("a number begins with 0");
        }
        int before = digits;
        if (peek() == '.') {
            at++;
            digits();
        }
        fractionDigits = digits - before;
        hasExponent = peek() == 'e' || peek() == 'E';
        if (hasExponent) {
            exponent();
        }
        whole = fractionDigits == 0 && !hasExponent;
        if (at - numberStart > maxNumberChars) {
            throw malformed("a number of more than " + maxNumberChars + " characters");
        }
    }

    /** One digit or more; those of an exponent are no part of the mantissa, which is then not looked at. */
    private void digits() throws Rejected {
        if (peek() < '0' || peek() > '9') {
            throw malformed("no value");
        }
        for (int next = peek(); next >= '0' && next <= '9'; next = peek()) {
            if (digits++ < SHORT_DIGITS) {
                mantissa = mantissa * 10 + (next - '0');
            }
            at++;
        }
    }

    private void exponent() throws Rejected {
        at++;
        if (peek() == '+' || peek() == '-') {
            at++;
        }
        digits();
    }

    private void literal(String word) throws Rejected {
        for (int i = 0; i < word.length(); i++) {
            expect(word.charAt(i));
        }
    }

    private char escaped() throws Rejected {
        int letter = next();
        return switch (letter) {
            case '"', '\\', '/' -> (char) letter;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> (char) (hex() << 12 | hex() << 8 | hex() << 4 | hex());
            default -> throw malformed("no such escape");
        };
    }

    private int hex() throws Rejected {
        int digit = next();
        int value = digit < 128 ? Character.digit(digit, 16) : -1;
        if (value < 0) {
            throw malformed("no hexadecimal digit");
        }
        return value;
    }

    /** The character that begins with this byte: UTF-8 without overlong forms, surrogates, or what is beyond Unicode. */
    private int codePoint(int lead) throws Rejected {
        if (lead < ' ') {
            throw malformed("a control character in text");
        }
        if (lead < 0x80) {
            return lead;
        }
        if (lead >= 0xC2 && lead <= 0xDF) {
            return (lead & 0x1F) << 6 | following(0x80, 0xBF);
        }
        if (lead >= 0xE0 && lead <= 0xEF) {
            int second = following(lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
            return (lead & 0x0F) << 12 | second << 6 | following(0x80, 0xBF);
        }
        if (lead >= 0xF0 && lead <= 0xF4) {
            int second = following(lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
            return (lead & 0x07) << 18 | second << 12 | following(0x80, 0xBF) << 6 | following(0x80, 0xBF);
        }
        throw malformed("not UTF-8");
    }

    private int following(int lowest, int highest) throws Rejected {
        int next = next();
        if (next < lowest || next > highest) {
            throw malformed("not UTF-8");
        }
        return next & 0x3F;
    }

    private void skipSpace() {
        while (at < bytes.length && isSpace(bytes[at])) {
            at++;
        }
    }

    private static boolean isSpace(byte each) {
        return each == ' ' || each == '\n' || each == '\r' || each == '\t';
    }

    private void expect(char wanted) throws Rejected {
        if (peek() != wanted) {
            throw malformed("no " + wanted);
        }
        at++;
    }

    private int next() throws Rejected {
        if (at == bytes.length) {
            throw malformed("ends too early");
        }
        return bytes[at++] & 0xFF;
    }

    /** The byte that comes next, or -1 at the end. */
    private int peek() {
        return at < bytes.length ? bytes[at] & 0xFF : -1;
    }

    private Rejected malformed(String what) {
        return new Rejected("malformed_json", what + ", at byte " + at);
    }
}
