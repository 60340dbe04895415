package main
import "github.com/spf13/cobra"
func newCompress() *cobra.Command { return &cobra.Command{Use: "compress RUN"} }
func newDecompress() *cobra.Command { return &cobra.Command{Use: "decompress RUN"} }
