/* The one function of Windows' bcryptprimitives.dll that Rust's standard library calls. Wine before
 * version 9 has no such library; run.sh builds this one for it, as a stand-in for this test only. */

typedef unsigned char BYTE;

/* advapi32's RtlGenRandom goes by this name. */
__declspec(dllimport) BYTE __stdcall SystemFunction036(void *buffer, unsigned long length);

__declspec(dllexport) int __stdcall ProcessPrng(BYTE *buffer, unsigned long long length) {
    while (length > 0) {
        unsigned long piece = length < 0x10000000 ? (unsigned long)length : 0x10000000;
        if (!SystemFunction036(buffer, piece)) return 0;
        buffer += piece;
        length -= piece;
    }
    return 1;
}
