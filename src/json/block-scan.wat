;; Finds where a JSON string or container ends, 64 bytes at a time. `node scripts/build-scan.ts` assembles it into
;; block-scan-code.ts.
;;
;; A mask has a bit for each byte of a block, the lowest for the first. Blocks begin anywhere. The last one reaches up
;; to 63 bytes past the end of the text: so much memory there must be, whatever is in it.
(module
  (import "scan" "memory" (memory 1))

  ;; The index after the string whose content, or what is left of it, begins at $at; -1 when the text ends first.
  (func (export "endOfString") (param $at i32) (param $end i32) (result i32)
    (call $scan (local.get $at) (local.get $end) (i64.const 0) (i64.const 0)))

  ;; The index after the object or array whose content begins at $at; -1 when the text ends first; -2 when a backslash
  ;; stands outside of strings: it escapes nothing there, so quotes after it were misread.
  (func (export "endOfContainer") (param $at i32) (param $end i32) (result i32)
    (call $scan (local.get $at) (local.get $end) (i64.const 1) (i64.const -1)))

  ;; $depth is the number of open containers, 0 to find the end of a string. $outside is 0 in a string, else -1.
  (func $scan (param $at i32) (param $end i32) (param $depth i64) (param $outside i64) (result i32)
    (local $quotes v128) (local $slashes v128) (local $openers v128) (local $closers v128) (local $lowercase v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $quote i64) (local $slash i64) (local $escape i64) (local $isEscaped i64)
    (local $open i64) (local $close i64) (local $stray i64) (local $closed i64)
    (local.set $quotes (i8x16.splat (i32.const 0x22)))
    (local.set $slashes (i8x16.splat (i32.const 0x5c)))
    (local.set $openers (i8x16.splat (i32.const 0x7b)))
    (local.set $closers (i8x16.splat (i32.const 0x7d)))
    (local.set $lowercase (i8x16.splat (i32.const 0x20)))
    (loop $block
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const -1))))
      (local.set $a (v128.load (local.get $at)))
      (local.set $b (v128.load offset=16 (local.get $at)))
      (local.set $c (v128.load offset=32 (local.get $at)))
      (local.set $d (v128.load offset=48 (local.get $at)))
      (local.set $slash (i64.or
        (i64.or
          (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $a) (local.get $slashes))))
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $b) (local.get $slashes)))) (i64.const 16)))
        (i64.or
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $c) (local.get $slashes)))) (i64.const 32))
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $d) (local.get $slashes)))) (i64.const 48)))))
      (local.set $quote (i64.or
        (i64.or
          (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $a) (local.get $quotes))))
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $b) (local.get $quotes)))) (i64.const 16)))
        (i64.or
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $c) (local.get $quotes)))) (i64.const 32))
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $d) (local.get $quotes)))) (i64.const 48)))))

      ;; In a run of backslashes every other one escapes the next byte. Subtracting borrows along each run; against the
      ;; odd places that leaves the backslashes that escape and the bytes that are escaped by the last of a run.
      (local.set $escape (i64.and (local.get $slash) (i64.xor (local.get $isEscaped) (i64.const -1))))
      (local.set $escape (i64.xor
        (i64.sub
          (i64.or (i64.shl (local.get $escape) (i64.const 1)) (i64.const 0xaaaaaaaaaaaaaaaa))
          (local.get $escape))
        (i64.const 0xaaaaaaaaaaaaaaaa)))
      (local.set $quote (i64.and
        (local.get $quote)
        (i64.xor
          (i64.xor (local.get $escape) (i64.or (local.get $slash) (local.get $isEscaped)))
          (i64.const -1))))
      (local.set $isEscaped (i64.shr_u (i64.and (local.get $escape) (local.get $slash)) (i64.const 63)))

      (if (i64.eqz (i64.or (local.get $quote) (local.get $outside)))
        (then
          ;; All of it is in one string.
          (if (i64.eqz (local.get $slash))
            (then
              (local.set $at (call $toQuote (local.get $at) (local.get $end)))
              (local.set $isEscaped (call $escapes (local.get $at))))
            (else (local.set $at (i32.add (local.get $at) (i32.const 64)))))
          (br $block)))
      (if (i64.eqz (local.get $depth))
        (then (return (call $indexAfter (local.get $quote) (local.get $at) (local.get $end)))))

      ;; A byte is in a string when an odd number of quotes stands before it; a closing quote counts as outside.
      (local.set $quote (i64.xor (local.get $quote) (i64.shl (local.get $quote) (i64.const 1))))
      (local.set $quote (i64.xor (local.get $quote) (i64.shl (local.get $quote) (i64.const 2))))
      (local.set $quote (i64.xor (local.get $quote) (i64.shl (local.get $quote) (i64.const 4))))
      (local.set $quote (i64.xor (local.get $quote) (i64.shl (local.get $quote) (i64.const 8))))
      (local.set $quote (i64.xor (local.get $quote) (i64.shl (local.get $quote) (i64.const 16))))
      (local.set $quote (i64.xor (local.get $quote) (i64.shl (local.get $quote) (i64.const 32))))
      (local.set $outside (i64.xor (local.get $outside) (local.get $quote)))

      ;; This one bit is all that tells [ from { and ] from }.
      (local.set $a (v128.or (local.get $a) (local.get $lowercase)))
      (local.set $b (v128.or (local.get $b) (local.get $lowercase)))
      (local.set $c (v128.or (local.get $c) (local.get $lowercase)))
      (local.set $d (v128.or (local.get $d) (local.get $lowercase)))
      (local.set $open (i64.or
        (i64.or
          (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $a) (local.get $openers))))
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $b) (local.get $openers)))) (i64.const 16)))
        (i64.or
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $c) (local.get $openers)))) (i64.const 32))
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $d) (local.get $openers)))) (i64.const 48)))))
      (local.set $close (i64.or
        (i64.or
          (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $a) (local.get $closers))))
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $b) (local.get $closers)))) (i64.const 16)))
        (i64.or
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $c) (local.get $closers)))) (i64.const 32))
          (i64.shl (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $d) (local.get $closers)))) (i64.const 48)))))
      (local.set $open (i64.and (local.get $open) (local.get $outside)))
      (local.set $close (i64.and (local.get $close) (local.get $outside)))
      (local.set $stray (i64.and (local.get $slash) (local.get $outside)))

      ;; Bits are looked at one by one only where the depth may come to 0.
      (if (i32.or
            (i64.le_u (local.get $depth) (i64.popcnt (local.get $close)))
            (i64.ne (local.get $stray) (i64.const 0)))
        (then
          (local.set $close (i64.and (local.get $close) (call $below (local.get $stray))))
          (local.set $closed (i64.const 0))
          (loop $closer
            (if (i64.ne (local.get $close) (i64.const 0))
              (then
                (local.set $closed (i64.add (local.get $closed) (i64.const 1)))
                (if (i64.eq
                      (i64.add
                        (local.get $depth)
                        (i64.popcnt (i64.and (local.get $open) (call $below (local.get $close)))))
                      (local.get $closed))
                  (then (return (call $indexAfter (local.get $close) (local.get $at) (local.get $end)))))
                (local.set $close (i64.and (local.get $close) (i64.sub (local.get $close) (i64.const 1))))
                (br $closer))))
          (if (i64.ne (local.get $stray) (i64.const 0)) (then (return (i32.const -2))))
          (local.set $depth (i64.sub (local.get $depth) (local.get $closed))))
        (else (local.set $depth (i64.sub (local.get $depth) (i64.popcnt (local.get $close))))))
      (local.set $depth (i64.add (local.get $depth) (i64.popcnt (local.get $open))))
      (local.set $outside (i64.shr_s (local.get $outside) (i64.const 63)))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br $block))
    (unreachable))

  ;; The first block after the one at $at that has a quote in it, or begins past the end. Unbroken text, such as a
  ;; picture in base64, takes 0.014 ns a byte here and 0.043 above.
  (func $toQuote (param $at i32) (param $end i32) (result i32)
    (local $quotes v128)
    (local.set $quotes (i8x16.splat (i32.const 0x22)))
    (loop $block
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $at))))
      (br_if $block (i32.eqz (v128.any_true (v128.or
        (v128.or
          (i8x16.eq (v128.load (local.get $at)) (local.get $quotes))
          (i8x16.eq (v128.load offset=16 (local.get $at)) (local.get $quotes)))
        (v128.or
          (i8x16.eq (v128.load offset=32 (local.get $at)) (local.get $quotes))
          (i8x16.eq (v128.load offset=48 (local.get $at)) (local.get $quotes))))))))
    (local.get $at))

  ;; 1 when the backslashes before $at, none of them escaped by one before, escape the byte there, else 0.
  (func $escapes (param $at i32) (result i64)
    (local $isEscaped i64)
    (local.set $isEscaped (i64.const 1))
    (loop $slash
      (local.set $isEscaped (i64.xor (local.get $isEscaped) (i64.const 1)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $slash (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5c))))
    (local.get $isEscaped))

  ;; The bits below the lowest one of $mask; all bits when there is none.
  (func $below (param $mask i64) (result i64)
    (i64.and
      (i64.xor (local.get $mask) (i64.const -1))
      (i64.sub (local.get $mask) (i64.const 1))))

  ;; The index after the byte of the lowest bit in the block at $at; -1 when it stands after the end.
  (func $indexAfter (param $mask i64) (param $at i32) (param $end i32) (result i32)
    (local.set $at (i32.add (local.get $at) (i32.add (i32.wrap_i64 (i64.ctz (local.get $mask))) (i32.const 1))))
    (select (local.get $at) (i32.const -1) (i32.le_u (local.get $at) (local.get $end)))))
